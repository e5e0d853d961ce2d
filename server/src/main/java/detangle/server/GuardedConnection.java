package detangle.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.Headers;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;

/**
 * A connection whose client has a bounded time for a head, for a body and for taking an answer; see {@link
 * Connections}. The HTTP library reads and writes through it.
 *
 * <p>A platform thread serves it. Virtual threads share a few carrier threads, and a virtual thread that always has
 * work never gives its carrier up. A few clients that send without a pause would therefore keep the server from all
 * others.
 */
final class GuardedConnection implements ServerConnection, ConnectionContext, RequestBytes.Listener {
    /**
     * The time for which the server goes on reading a connection that it ends, so that the client receives the answer
     * instead of a reset.
     */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final long LINGER_BYTES = 1 << 20;

    /** The phase of a connection: what its client or the server is doing. */
    enum Phase {
        /** The client sends nothing between two requests. */
        IDLE,
        HEAD,
        BODY,
        /** The server works. */
        WORK,
        /** The client takes an answer. */
        ANSWER,
        /** The server has answered for the last time. */
        LINGER,
        /** The client has taken too long for its request, and the server tells it so. */
        LATE,
        CLOSED
    }

    /** The phase and its beginning. The connection's thread and the thread that watches it replace it as a whole. */
    private record State(Phase phase, long since) {}

    private final ConnectionContext socket;
    private final Connections connections;
    private final RequestBytes bytes;
    private final DataReader reader;
    private final DataWriter writer;
    private final ServerConnection http;
    private State state = new State(Phase.IDLE, System.nanoTime());

    /** @param http serves the connection that it is given */
    GuardedConnection(
            ConnectionContext socket, Connections connections, Function<ConnectionContext, ServerConnection> http) {
        this.socket = socket;
        this.connections = connections;
        this.bytes = new RequestBytes(this::receive, this);
        this.reader = DataReader.create(bytes);
        this.writer = new Writer(socket.dataWriter());
        this.http = http.apply(this);
    }

    @Override
    public void handle(Limit limit) throws InterruptedException {
        try {
            if (connections.admit(this)) {
                serve(limit);
            } else {
                send(Responses.refused(
                        503, "Overloaded", "the server has as many connections as it takes: try again later"));
                linger();
            }
        } finally {
            connections.remove(this);
        }
    }

    private void serve(Limit limit) throws InterruptedException {
        Throwable[] failure = new Throwable[1];
        Thread thread = Thread.ofPlatform().daemon().name("detangle-connection").start(() -> {
            try {
                http.handle(limit);
            } catch (Throwable e) {
                failure[0] = e;
            }
        });
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
                thread.interrupt();
            }
        }
        if (bytes.isUnread() && !interrupted) {
            linger();
        }
        switch (failure[0]) {
            case null -> {}
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new CloseConnectionException("a connection has failed", failure[0]);
        }
        if (interrupted) {
            throw new InterruptedException();
        }
    }

    /** Receives the head that the library has read. */
    void headers(Headers headers) {
        bytes.headers(headers);
    }

    @Override
    public void begins() {
        enter(Phase.HEAD);
    }

    @Override
    public void headRead() {
        enter(Phase.BODY);
    }

    @Override
    public void ended() {
        enter(Phase.WORK);
    }

    private synchronized void enter(Phase phase) {
        if (state.phase == Phase.LATE || state.phase == Phase.CLOSED) {
            throw new CloseConnectionException("the connection is closed");
        }
        state = new State(phase, System.nanoTime());
    }

    /** Returns the next bytes of the client, or null if there are no more. */
    private byte[] receive() {
        try {
            return socket.serverSocket().get();
        } catch (UncheckedIOException e) {
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    private void send(byte[] answer) {
        try {
            socket.dataWriter().writeNow(BufferData.create(answer));
        } catch (UncheckedIOException e) {
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    /** Reads and drops what the client still sends, for a while. */
    private void linger() {
        try {
            enter(Phase.LINGER);
            long read = 0;
            for (byte[] some = receive(); some != null && read < LINGER_BYTES; some = receive()) {
                read += some.length;
            }
        } catch (CloseConnectionException e) {
            // The client has closed the connection, and nothing is left to wait for.
        }
    }

    /** Closes the connection if its client has taken too long. */
    void closeIfLate(Duration clientTimeout, Duration idleTimeout) {
        Phase phase = state().phase;
        switch (phase) {
            case IDLE -> closeIfOlder(phase, idleTimeout);
            case HEAD, BODY, ANSWER -> closeIfOlder(phase, clientTimeout);
            // A client that does not take its answer would not take an error either.
            case LINGER, LATE -> closeIfOlder(phase, LINGER);
            case WORK, CLOSED -> {}
        }
    }

    private synchronized State state() {
        return state;
    }

    /** Closes the connection if it is in a phase for longer than that. */
    boolean closeIfOlder(Phase phase, Duration age) {
        boolean told = phase == Phase.HEAD || phase == Phase.BODY;
        synchronized (this) {
            if (state.phase != phase || System.nanoTime() - state.since < age.toNanos()) {
                return false;
            }
            state = new State(told ? Phase.LATE : Phase.CLOSED, System.nanoTime());
        }
        if (told) {
            // Writing may wait for the client, and the thread that watches over connections must not wait.
            Thread.ofVirtual().name("detangle-late").start(() -> tellLate(age));
        } else {
            closeSocket();
        }
        return true;
    }

    private void tellLate(Duration age) {
        try {
            send(Responses.refused(408, "Timeout", "the request was not sent within " + age.toMillis() + " ms"));
        } catch (CloseConnectionException e) {
            // The connection is closed in any case.
        } finally {
            closeSocket();
        }
    }

    /**
     * Closes the socket. The client may close it at the same moment, and the thread that watches over all connections
     * must survive that.
     */
    private void closeSocket() {
        try {
            socket.serverSocket().close();
        } catch (UncheckedIOException e) {
            // The socket is closed already.
        }
    }

    /** Returns how long the connection has been in a phase; empty if it is in another one. */
    synchronized Optional<Duration> in(Phase phase) {
        return state.phase == phase ? Optional.of(Duration.ofNanos(System.nanoTime() - state.since)) : Optional.empty();
    }

    @Override
    public Duration idleTime() {
        // Connections are closed here when they are idle.
        return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
        http.close(interrupt);
    }

    /** Writes answers, and enters the phase in which the client takes one. */
    private final class Writer implements DataWriter {
        private final DataWriter out;

        Writer(DataWriter out) {
            this.out = out;
        }

        private void write(Runnable what) {
            State before = state();
            enter(Phase.ANSWER);
            try {
                what.run();
            } catch (UncheckedIOException e) {
                throw new CloseConnectionException("the client has gone", e);
            }
            // The rest of a body may still have to be read.
            enter(before.phase == Phase.BODY ? Phase.BODY : Phase.IDLE);
        }

        @Override
        public void write(BufferData... buffers) {
            write(() -> out.writeNow(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            write(() -> out.writeNow(buffer));
        }

        @Override
        public void writeNow(BufferData... buffers) {
            write(buffers);
        }

        @Override
        public void writeNow(BufferData buffer) {
            write(buffer);
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public ListenerContext listenerContext() {
        return socket.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return socket.executor();
    }

    @Override
    public Router router() {
        return socket.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return socket.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return socket.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return socket.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return socket.localPeer();
    }

    @Override
    public boolean isSecure() {
        return socket.isSecure();
    }

    @Override
    public String socketId() {
        return socket.socketId();
    }

    @Override
    public String childSocketId() {
        return socket.childSocketId();
    }
}
