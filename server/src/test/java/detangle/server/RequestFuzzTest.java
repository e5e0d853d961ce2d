package detangle.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.testing.FuzzProcess;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Jazzer sends requests, if {@code -Ddetangle.fuzz.seconds=600} asks for it in the profile fuzz. */
class RequestFuzzTest {
    @Test
    void everyRequestIsAnswered() throws IOException, InterruptedException {
        assumeTrue(FuzzProcess.seconds() > 0, "nobody asks for fuzzing: set detangle.fuzz.seconds");
        FuzzProcess.run("http-heads", RequestFuzzTarget.class, MutatedRequests.good(), List.of());
    }

    @Test
    void everyBodyIsAnswered() throws IOException, InterruptedException {
        assumeTrue(FuzzProcess.seconds() > 0, "nobody asks for fuzzing: set detangle.fuzz.seconds");
        FuzzProcess.run("json-bodies", RequestFuzzTarget.Bodies.class, MutatedRequests.goodBodies(), List.of());
    }

    @Test
    void bodiesBecomeRequests() {
        List<byte[]> bodies = MutatedRequests.goodBodies();
        assertEquals(MutatedRequests.good().size(), bodies.size());
        for (int i = 0; i < bodies.size(); i++) {
            assertArrayEquals(MutatedRequests.good().get(i), MutatedRequests.ofBody(bodies.get(i)));
        }
    }
}
