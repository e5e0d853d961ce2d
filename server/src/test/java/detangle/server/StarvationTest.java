package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.RawClient.Reply;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/**
 * A client with eight requests of 1.9 MB at a time, again and again, and another one that asks little: times of the
 * latter with and without the former, in turns, so that whatever else the machine does meets both.
 * {@code -Ddetangle.starvation.turns=60} for minutes of it.
 */
class StarvationTest {
    private static final int TURNS = Integer.getInteger("detangle.starvation.turns", 4);
    private static final int GREEDY = 8;
    private static final int BYTES = 1_890_000;
    private static final long TURN = 600_000_000L;
    private static final long SETTLE = 300;
    private static final long MEGABYTE = 1 << 20;

    /**
     * Far more than is seen on a machine that does nothing else, which is less than twice the time: clients and server
     * share processors.
     */
    private static final double MOST = 4;

    private static final byte[] SMALL = Probe.post(
            "/predict",
            "Content-Type: application/json\r\n",
            Probe.utf8("{\"inputs\":\"Where is my card, which I need?\"}"));

    /** What both clients see. */
    private static final class Sight {
        private final List<Double> alone = new ArrayList<>();
        private final List<Double> together = new ArrayList<>();
        private final Set<Integer> greedyStatuses = ConcurrentHashMap.newKeySet();
        private volatile boolean greedy;
        private volatile boolean done;

        /** Asks without a pause while it may. */
        private void ask(int port, byte[] request) {
            Optional<RawClient> client = Optional.empty();
            while (!done) {
                try {
                    if (!greedy) {
                        Thread.sleep(5);
                        continue;
                    }
                    if (client.isEmpty()) {
                        client = Optional.of(new RawClient(port));
                    }
                    client.get().send(request);
                    greedyStatuses.add(client.get().answer().map(Reply::status).orElse(0));
                } catch (IOException e) {
                    // A turn that takes long: the next one is on another connection.
                    client = Optional.empty();
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private static double median(List<Double> times) {
            Collections.sort(times);
            return times.get(times.size() / 2);
        }

        double ratio() {
            return median(together) / median(alone);
        }
    }

    private static Sight look(int port, byte[] greedyRequest) throws Exception {
        Sight sight = new Sight();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < GREEDY; i++) {
            threads.add(Thread.ofPlatform().daemon().start(() -> sight.ask(port, greedyRequest)));
        }
        try (RawClient small = new RawClient(port)) {
            for (int turn = 0; turn < 2 * TURNS; turn++) {
                sight.greedy = turn % 2 == 1;
                Thread.sleep(SETTLE);
                for (long end = System.nanoTime() + TURN; System.nanoTime() < end; ) {
                    long begin = System.nanoTime();
                    small.send(SMALL);
                    Reply reply = small.answer().orElseThrow();
                    (sight.greedy ? sight.together : sight.alone).add((System.nanoTime() - begin) / 1e6);
                    assertEquals(200, reply.status(), reply.toString());
                    Thread.sleep(5);
                }
            }
        }
        sight.done = true;
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
        return sight;
    }

    private static byte[] predict(String inputs, boolean cut) {
        return Probe.post(
                "/predict",
                "Content-Type: application/json\r\n",
                Probe.utf8("{\"truncate\":" + cut + ",\"inputs\":" + inputs + "}"));
    }

    private static long heap() throws InterruptedException {
        System.gc();
        Thread.sleep(100);
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void whoAsksLittleIsNotKeptWaitingByWhoAsksALot() throws Exception {
        String text = "Where is card number 7 that I need? ".repeat(BYTES / 36);
        String some = "[\"" + text.substring(0, BYTES / 33) + "\"]";
        String many = "[" + (some + ",").repeat(31) + some + "]";
        Map<String, byte[]> requests = new LinkedHashMap<>();
        requests.put("a text", predict("\"" + text + "\"", false));
        requests.put("a text that is cut", predict("\"" + text + "\"", true));
        requests.put("32 texts", predict(many, false));
        requests.put("32 texts that are cut", predict(many, true));
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("banking", TinyModel.SHIPPED));
        try (InferenceServer server = InferenceServer.start(models, ServerOptions.DEFAULT.withPort(0))) {
            for (int i = 0; i < 200; i++) {
                RawClient.exchange(server.port(), SMALL);
            }
            long before = heap();
            for (Map.Entry<String, byte[]> request : requests.entrySet()) {
                Sight sight = look(server.port(), request.getValue());
                System.out.printf(
                        Locale.ROOT,
                        "A small request beside eight of %s: %.1f ms, %.1f ms alone, %.2f times (%s)%n",
                        request.getKey(),
                        Sight.median(sight.together),
                        Sight.median(sight.alone),
                        sight.ratio(),
                        sight.greedyStatuses);
                assertTrue(sight.ratio() < MOST, request.getKey() + ": " + sight.ratio() + " times");
            }
            long after = heap();
            System.out.printf(Locale.ROOT, "Heap: %d MiB, then %d MiB%n", before / MEGABYTE, after / MEGABYTE);
            assertTrue(after < before + 64 * MEGABYTE, before + " -> " + after);
        }
    }
}
