package detangle.server;

import java.io.IOException;
import java.nio.file.Files;
import java.util.logging.LogManager;

/**
 * A server as a target of Jazzer. An input is all that a client sends. For {@link Bodies} it is the body of a request
 * behind the number of its route.
 */
public final class RequestFuzzTarget {
    private static InferenceServer server;

    private static final byte[] USUAL = MutatedRequests.good().getFirst();

    private RequestFuzzTarget() {}

    /** Called by Jazzer before the first input, as what is loaded and computed once is not the first input's fault. */
    public static void fuzzerInitialize() throws IOException {
        LogManager.getLogManager().reset();
        server = InferenceServer.start(ServerTest.models(Files.createTempDirectory("models")), ServerTest.options());
        for (byte[] request : MutatedRequests.good()) {
            fuzzerTestOneInput(request);
        }
    }

    /** Called by Jazzer. */
    public static void fuzzerTestOneInput(byte[] request) throws IOException {
        MutatedRequestsTest.check(server.port(), request);
        if (RawClient.exchange(server.port(), USUAL).getFirst().status() != 200) {
            throw new AssertionError("the server does not answer any more");
        }
    }

    /** Requests whose heads are right. */
    public static final class Bodies {
        private Bodies() {}

        /** Called by Jazzer before the first input. */
        public static void fuzzerInitialize() throws IOException {
            RequestFuzzTarget.fuzzerInitialize();
        }

        /** Called by Jazzer. */
        public static void fuzzerTestOneInput(byte[] body) throws IOException {
            if (body.length > 0) {
                RequestFuzzTarget.fuzzerTestOneInput(MutatedRequests.ofBody(body));
            }
        }
    }
}
