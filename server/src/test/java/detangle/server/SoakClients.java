package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.server.RawClient.Reply;
import detangle.server.SoakQuestions.Question;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Clients of {@link SoakTest}: some ask and compare each answer with that of the same question alone, and some behave
 * as badly as clients do.
 */
final class SoakClients implements AutoCloseable {
    private static final int CLIENTS = 6;

    /** What rounding may do to a score where texts share batches. */
    private static final double ROUNDING = 1e-5;

    private static final int PATIENCE_MILLIS = 300_000;
    private static final int LONGEST_TIMEOUT_MILLIS = 40;
    private static final int LARGEST_BATCH = 4;
    private static final int OK = 200;
    private static final int TOO_LATE = 504;
    private static final int TOO_SLOW = 408;
    private static final String TYPE = "Content-Type: application/json\r\n";

    private final SoakProcess process;
    private final int port;
    private final int hastyPort;
    private final List<Question> questions;
    private final List<JsonNode> alone = new ArrayList<>();

    /** The answers to lists of one input, by the numbers of the questions. */
    private final Map<Integer, JsonNode> listed = new HashMap<>();

    private final Map<String, List<Integer>> byPath = new HashMap<>();
    private final int pauseMillis;
    private final long seed;
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger mutants = new AtomicInteger();
    private final AtomicLongArray counts = new AtomicLongArray(Kind.values().length);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** Clients hold it shared while they ask; whoever wants the server to be idle holds it alone. */
    private final ReentrantReadWriteLock asking = new ReentrantReadWriteLock(true);

    /** Held by whoever loads models anew, and by whoever takes a sample. */
    private final ReentrantLock loading = new ReentrantLock(true);

    private volatile boolean done;

    /** What clients do, with the share of each in a hundred requests. */
    private enum Kind {
        ALONE("single", 50),
        BATCH("in lists", 20),
        CANCELLED("cancelled", 7),
        TIMED_OUT("timed out", 7),
        HUNG_UP("hung up in the body", 3),
        MALFORMED("malformed", 8),
        HASTY("with a deadline of 1 ms", 5),
        SLOW("slow", 0),
        NEVER("never sent", 0),
        RELOADED("after a reload", 0);

        private final String title;
        private final int share;

        Kind(String title, int share) {
            this.title = title;
            this.share = share;
        }

        private static Kind of(int percent) {
            int sum = 0;
            for (Kind kind : values()) {
                sum += kind.share;
                if (percent < sum) {
                    return kind;
                }
            }
            throw new AssertionError(percent);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    /**
     * Asks each question alone, and keeps its answer.
     *
     * @param pauseMillis how long a client waits on average between two requests
     */
    SoakClients(SoakProcess process, List<Question> questions, int pauseMillis, long seed) throws Exception {
        this.process = process;
        this.port = process.port();
        this.hastyPort = process.hastyPort();
        this.questions = questions;
        this.pauseMillis = pauseMillis;
        this.seed = seed;
        for (int i = 0; i < questions.size(); i++) {
            Question question = questions.get(i);
            alone.add(answered(port, question.path(), question.alone()));
            if (question.input().isPresent()) {
                byPath.computeIfAbsent(question.path(), path -> new ArrayList<>())
                        .add(i);
                Object one = List.of(question.input().get());
                listed.put(i, answered(port, question.path(), question.with(one)));
            }
        }
    }

    /**
     * Lets all clients begin.
     *
     * @param reloadSeconds how long to wait between two loads of all models
     */
    void start(int reloadSeconds) {
        for (int i = 0; i < CLIENTS; i++) {
            Random random = new Random(seed * CLIENTS + i);
            run(() -> {
                asking.readLock().lock();
                try {
                    ask(random);
                } finally {
                    asking.readLock().unlock();
                }
                Thread.sleep(random.nextInt(2 * pauseMillis));
            });
        }
        Random slow = new Random(seed - 1);
        run(() -> askSlowly(slow));
        run(() -> {
            neverSend();
            Thread.sleep(10L * pauseMillis);
        });
        Random other = new Random(seed - 2);
        run(() -> {
            loading.lock();
            try {
                reload(other);
            } finally {
                loading.unlock();
            }
            Thread.sleep(1000L * reloadSeconds);
        });
    }

    /** Repeats some work until the clients are closed or something has failed. */
    private void run(Work work) {
        threads.add(Thread.ofVirtual().start(() -> {
            try {
                while (!done && failure.get() == null) {
                    work.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception | AssertionError e) {
                if (!done) {
                    failure.compareAndSet(null, e);
                }
            }
        }));
    }

    private void count(Kind kind) {
        counts.incrementAndGet(kind.ordinal());
    }

    private void ask(Random random) throws Exception {
        Kind kind = Kind.of(random.nextInt(100));
        int number = random.nextInt(questions.size());
        Question question = questions.get(number);
        switch (kind) {
            case ALONE -> check(alone.get(number), answered(port, question.path(), question.alone()), question);
            case BATCH -> askTogether(random);
            case CANCELLED -> {
                try (RawClient raw = new RawClient(port, PATIENCE_MILLIS)) {
                    raw.send(Probe.post(question.path(), TYPE, bytes(question.alone())));
                    Thread.sleep(random.nextInt(LONGEST_TIMEOUT_MILLIS));
                }
            }
            case TIMED_OUT -> {
                Duration timeout = Duration.ofMillis(1 + random.nextInt(LONGEST_TIMEOUT_MILLIS));
                try {
                    HttpResponse<String> answer = send(port, question.path(), question.alone(), timeout);
                    assertEquals(OK, answer.statusCode(), answer.body());
                } catch (HttpTimeoutException e) {
                    // What is meant.
                }
            }
            case HUNG_UP -> {
                byte[] request = Probe.post(question.path(), TYPE, bytes(question.alone()));
                try (RawClient raw = new RawClient(port, PATIENCE_MILLIS)) {
                    raw.send(Arrays.copyOf(request, random.nextInt(1, request.length)));
                }
            }
            case MALFORMED ->
                MutatedRequestsTest.checkReplies(RawClient.exchange(
                        port, new MutatedRequests(seed, mutants.incrementAndGet()).next(), PATIENCE_MILLIS));
            case HASTY -> {
                HttpResponse<String> answer =
                        send(hastyPort, question.path(), question.alone(), Duration.ofMillis(PATIENCE_MILLIS));
                if (answer.statusCode() != TOO_LATE) {
                    assertEquals(OK, answer.statusCode(), answer.body());
                    check(alone.get(number), JsonMapper.shared().readTree(answer.body()), question);
                }
            }
            case SLOW, NEVER, RELOADED -> throw new AssertionError(kind);
        }
        count(kind);
    }

    /** Asks several questions of a model in one request. */
    private void askTogether(Random random) throws Exception {
        List<String> paths = byPath.keySet().stream().sorted().toList();
        List<Integer> same = byPath.get(paths.get(random.nextInt(paths.size())));
        List<Integer> some = random.ints(1 + random.nextInt(LARGEST_BATCH), 0, same.size())
                .mapToObj(same::get)
                .toList();
        Question first = questions.get(some.getFirst());
        Object inputs =
                some.stream().map(i -> questions.get(i).input().orElseThrow()).toList();
        JsonNode answer = answered(port, first.path(), first.with(inputs));
        assertEquals(some.size(), answer.size(), first::path);
        for (int i = 0; i < some.size(); i++) {
            check(listed.get(some.get(i)).get(0), answer.get(i), first);
        }
    }

    /** Sends a request in small pieces, and gets its answer. */
    private void askSlowly(Random random) throws Exception {
        int number = random.nextInt(questions.size());
        byte[] request = Probe.post(
                questions.get(number).path(), TYPE, bytes(questions.get(number).alone()));
        try (RawClient raw = new RawClient(port, PATIENCE_MILLIS)) {
            int pieces = 10;
            for (int i = 0; i < pieces; i++) {
                raw.send(Arrays.copyOfRange(request, request.length * i / pieces, request.length * (i + 1) / pieces));
                Thread.sleep(random.nextInt(2 * pauseMillis));
            }
            Reply reply = raw.answer().orElseThrow();
            assertEquals(OK, reply.status(), reply.body());
            check(alone.get(number), JsonMapper.shared().readTree(reply.body()), questions.get(number));
        }
        count(Kind.SLOW);
    }

    /** Begins a body, and waits until the server has had enough. */
    private void neverSend() throws Exception {
        try (RawClient raw = new RawClient(port, PATIENCE_MILLIS)) {
            raw.send("POST /predict HTTP/1.1\r\nHost: localhost\r\n" + TYPE + "Content-Length: 100\r\n\r\n{");
            // A server that has waited for long enough may close the connection without an answer.
            raw.answer().ifPresent(reply -> assertEquals(TOO_SLOW, reply.status(), reply.body()));
            count(Kind.NEVER);
        }
    }

    /** Has all models loaded anew, and compares their answers to some questions. */
    private void reload(Random random) throws Exception {
        List<Integer> some = new ArrayList<>();
        List<Map<String, Object>> requests = new ArrayList<>();
        for (String path : byPath.keySet()) {
            List<Integer> same = byPath.get(path);
            int number = same.get(random.nextInt(same.size()));
            some.add(number);
            requests.add(Map.of(
                    "model",
                    path.substring("/models/".length()),
                    "body",
                    questions.get(number).alone()));
        }
        JsonNode answers = process.reload(requests);
        for (int i = 0; i < some.size(); i++) {
            check(alone.get(some.get(i)), answers.get(i), questions.get(some.get(i)));
            count(Kind.RELOADED);
        }
    }

    private static void check(JsonNode expected, JsonNode found, Question question) {
        try {
            SameJson.check(expected, found, ROUNDING);
        } catch (AssertionError e) {
            throw new AssertionError(
                    question.path() + " " + question.alone() + " alone: " + expected + "; now: " + found, e);
        }
    }

    private static byte[] bytes(Object body) {
        return JsonMapper.shared().writeValueAsBytes(body);
    }

    private JsonNode answered(int to, String path, Object body) throws IOException, InterruptedException {
        HttpResponse<String> answer = send(to, path, body, Duration.ofMillis(PATIENCE_MILLIS));
        assertEquals(OK, answer.statusCode(), () -> path + " " + body + ": " + answer.body());
        return JsonMapper.shared().readTree(answer.body());
    }

    private HttpResponse<String> send(int to, String path, Object body, Duration timeout)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to + path))
                        .header("Content-Type", "application/json")
                        .timeout(timeout)
                        .POST(BodyPublishers.ofByteArray(bytes(body)))
                        .build(),
                BodyHandlers.ofString());
    }

    /**
     * Does something while no client asks and no model is loaded.
     *
     * @param settleMillis how long to wait before, once clients are gone
     */
    <T> T whileIdle(long settleMillis, Callable<T> idle) throws Exception {
        loading.lock();
        asking.writeLock().lock();
        try {
            Thread.sleep(settleMillis);
            return idle.call();
        } finally {
            asking.writeLock().unlock();
            loading.unlock();
        }
    }

    /** Throws what a client has found wrong. */
    void check() {
        if (failure.get() != null) {
            throw new AssertionError("a client has found a fault", failure.get());
        }
    }

    /** Returns how many requests of each kind there were. */
    String counts() {
        return Arrays.stream(Kind.values())
                .map(kind -> String.format(Locale.ROOT, "%d %s", counts.get(kind.ordinal()), kind.title))
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        done = true;
        threads.forEach(Thread::interrupt);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.shutdownNow();
        client.close();
    }
}
