package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Encoding;
import detangle.pipelines.BatchTurns.Lane;
import detangle.pipelines.CallQueue.Item;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of clients who ask again once they are answered, on a simulated device with two threads. */
class BatchTurnsTest {
    private static final double NANOS_PER_TOKEN = 60_000;
    private static final long NANOS_PER_BATCH = 300_000;
    private static final long SECOND = 1_000_000_000L;
    private static final long DEADLINE = 3600 * SECOND;
    private static final int[] NONE = {};
    private static final Encoding TEXT = new Encoding(NONE, NONE, List.of(), NONE, NONE, NONE, NONE);

    private long now;
    private final BatchTurns turns = new BatchTurns(2, () -> now);
    private final Map<Integer, List<Lane>> models = new HashMap<>();
    private final List<Running> running = new ArrayList<>();
    private final PriorityQueue<Asking> asking = new PriorityQueue<>(Comparator.comparingLong(Asking::time));

    /** A call: the model that it is for, and the tokens of each of its texts. */
    private record Request(int model, List<Integer> tokens) {
        static Request of(int model, Integer... tokens) {
            return new Request(model, List.of(tokens));
        }

        static Request pairs(int model, int count, int tokens) {
            return new Request(model, Collections.nCopies(count, tokens));
        }

        int sum() {
            return tokens.stream().mapToInt(t -> t).sum();
        }
    }

    /** Asks some requests in turn, and pauses after each answer. */
    private static final class Client {
        private final long pause;
        private final List<Request> requests;

        /** The seconds after which requests were answered. */
        private final List<Double> waited = new ArrayList<>();

        private int next;

        Client(int first, long pause, List<Request> requests) {
            this.next = first;
            this.pause = pause;
            this.requests = requests;
        }

        static List<Client> many(int count, Request request) {
            return IntStream.range(0, count)
                    .mapToObj(i -> new Client(0, 0, List.of(request)))
                    .toList();
        }
    }

    private record Asking(long time, Client client) {}

    private record Running(long end, Lane lane, List<Item> batch, long nanos) {}

    @BeforeEach
    void hold() {
        turns.lock().lock();
    }

    private Lane lane(int model, CallSize size) {
        return models.computeIfAbsent(
                        model,
                        m -> Arrays.stream(CallSize.values()).map(turns::open).toList())
                .get(size.ordinal());
    }

    private void ask(Client client) {
        Request request = client.requests.get(client.next++ % client.requests.size());
        long begin = now;
        List<Item> items = new ArrayList<>();
        double nanos = 0;
        for (int tokens : request.tokens) {
            nanos += NANOS_PER_TOKEN * tokens;
            items.add(new Item(TEXT, tokens, turns.due(nanos, nanos, DEADLINE)));
        }
        int[] left = {items.size()};
        items.forEach(item -> item.row().thenRun(() -> {
            if (--left[0] == 0) {
                if (begin > 10 * SECOND) {
                    client.waited.add((now - begin) / (double) SECOND);
                }
                asking.add(new Asking(now + client.pause, client));
            }
        }));
        turns.add(lane(request.model, CallSize.of(request.sum())), items);
    }

    private void begin(Lane lane, int maxTokens) {
        if (lane.hasPlace() && running.stream().noneMatch(r -> r.lane == lane)) {
            List<Item> batch = lane.queue().take(maxTokens, 32);
            int tokens = batch.stream().mapToInt(Item::tokens).sum();
            long nanos = NANOS_PER_BATCH + (long) (NANOS_PER_TOKEN * tokens);
            running.add(new Running(now + nanos, lane, batch, nanos));
        }
    }

    /** Lets clients ask for ten seconds, and then for another thirty, which count. */
    private void simulate(List<Client> clients) {
        clients.forEach(client -> asking.add(new Asking(0, client)));
        while (now < 40 * SECOND) {
            models.values().forEach(lanes -> {
                begin(lanes.get(CallSize.SHORT.ordinal()), 2048);
                begin(lanes.get(CallSize.LONG.ordinal()), 512);
            });
            running.sort(Comparator.comparingLong(Running::end));
            if (running.isEmpty() || !asking.isEmpty() && asking.element().time <= running.getFirst().end) {
                Asking next = asking.remove();
                now = next.time;
                ask(next.client);
            } else {
                Running done = running.removeFirst();
                now = done.end;
                done.batch.forEach(item -> item.row().complete(null));
                turns.giveBack(done.lane, done.nanos);
            }
        }
    }

    private static List<Double> waited(List<Client> clients) {
        List<Double> all = new ArrayList<>();
        clients.forEach(client -> all.addAll(client.waited));
        return all.stream().sorted().toList();
    }

    private static double slowest(List<Client> clients) {
        return waited(clients).getLast();
    }

    /**
     * Two hundred clients have one text for each of three models, or three pairs for a fourth, whose long queue has
     * half of all tokens. How long they wait on average follows from what the device computes.
     */
    @Test
    void whoAsksForMoreWaitsForLittleLonger() {
        List<Request> requests = new ArrayList<>();
        for (int text = 0; text < 8; text++) {
            int tokens = 11 + 24 * text;
            requests.addAll(List.of(Request.of(0, tokens), Request.of(1, tokens), Request.of(2, tokens)));
            requests.add(Request.pairs(3, 3, tokens + 9));
        }
        List<Client> clients = IntStream.range(0, 200)
                .mapToObj(i -> new Client(i, 0, requests))
                .toList();
        simulate(clients);
        List<Double> waited = waited(clients);
        double mean = waited.stream().mapToDouble(w -> w).average().orElseThrow();
        double slowOnes = waited.get(waited.size() * 99 / 100);
        assertTrue(slowOnes < 2.5 * mean, slowOnes + " s, and " + mean + " s on average");
    }

    /** Many clients ask long texts of one model, and one asks little of another. */
    @Test
    void longCallsDoNotKeepShortOnesWaiting() {
        List<Client> many = Client.many(500, Request.of(0, 512));
        Client little = new Client(0, SECOND / 100, List.of(Request.of(1, 12)));
        List<Client> all = new ArrayList<>(many);
        all.add(little);
        simulate(all);
        assertTrue(slowest(List.of(little)) < 0.002, slowest(List.of(little)) + " s");
        assertTrue(waited(many).size() > 300);
    }

    /** What is left of a call must fit between when it is due and when nobody waits for it any more. */
    @Test
    void aCallIsDueWhenItCanStillBeDoneInTime() {
        assertEquals(now + 8 * SECOND, turns.due(SECOND, SECOND, 30 * SECOND));
        assertEquals(now + 21 * SECOND, turns.due(SECOND * 3, SECOND * 12, 30 * SECOND));
        assertEquals(now + 30 * SECOND, turns.due(SECOND * 12, SECOND * 12, 30 * SECOND));
        assertEquals(now + 30 * SECOND, turns.due(SECOND * 4, SECOND * 40, 30 * SECOND));
    }

    /** Many clients ask short texts, more than the device computes, and one asks for thirty-two pairs. */
    @Test
    void shortCallsDoNotKeepLongOnesWaiting() {
        List<Client> many = Client.many(500, Request.of(0, 100));
        many = new ArrayList<>(many);
        Client large = new Client(0, 0, List.of(Request.pairs(1, 32, 100)));
        many.add(large);
        simulate(many);
        assertTrue(slowest(List.of(large)) < 1, slowest(List.of(large)) + " s");
        assertTrue(waited(many).size() > 3000);
    }

    /** Thirty clients have three pairs each for a model, and one has thirty-two: each gets about its part. */
    @Test
    void aCallOfManyPairsNeitherWaitsForEverNorKeepsOthersWaiting() {
        List<Client> many = Client.many(30, Request.pairs(0, 3, 100));
        Client large = new Client(0, 0, List.of(Request.pairs(0, 32, 100)));
        List<Client> all = new ArrayList<>(many);
        all.add(large);
        simulate(all);
        double alone = 300 * NANOS_PER_TOKEN / SECOND;
        assertTrue(slowest(many) < 40 * alone, slowest(many) + " s, and " + alone + " s alone");
        double largeAlone = 3200 * NANOS_PER_TOKEN / SECOND;
        assertTrue(
                slowest(List.of(large)) < 40 * largeAlone, slowest(List.of(large)) + " s, " + largeAlone + " s alone");
        assertTrue(!large.waited.isEmpty());
    }
}
