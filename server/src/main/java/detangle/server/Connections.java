package detangle.server;

import detangle.server.GuardedConnection.Phase;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.Headers;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Bounds the connections of a server: their number, and the time that each client has for its part. If there are as
 * many connections as allowed, a new one replaces a connection whose client sends nothing, or is slow to send its
 * request or to take its answer.
 */
final class Connections implements ServerConnectionSelector, AutoCloseable {
    /**
     * If a client takes longer than this for a head, a body or an answer, its connection may be closed for a new one.
     */
    private static final Duration SLOW_CLIENT_TIME = Duration.ofSeconds(1);

    private final ServerOptions options;
    private final ServerConnectionSelector http;
    private final Set<GuardedConnection> open = ConcurrentHashMap.newKeySet();
    private final Thread watch;
    private volatile boolean closed;

    Connections(ServerOptions options) {
        this.options = options;
        this.http = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        .maxPrologueLength(HttpFaults.MAX_FIRST_LINE)
                        .maxHeadersSize(HttpFaults.MAX_HEADERS)
                        .addReceiveListener(new Heads())
                        .build())
                .build();
        this.watch = Thread.ofPlatform().daemon().name("detangle-connections").unstarted(this::watch);
    }

    /** Begins to close connections whose clients take too long. */
    void start() {
        watch.start();
    }

    /** Passes the head that the library has read to its connection. */
    private static final class Heads implements Http1ConnectionListener {
        @Override
        public void headers(ConnectionContext context, Headers headers) {
            ((GuardedConnection) context).headers(headers);
        }
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new GuardedConnection(context, this, http::connection);
    }

    /**
     * Counts a connection, and returns whether it may be served: there is room, or another connection could be closed
     * for it. It admits one connection at a time, so two new ones never choose the same connection to close.
     */
    synchronized boolean admit(GuardedConnection connection) {
        open.add(connection);
        return open.size() <= options.maxConnections()
                || giveUp(connection, Phase.IDLE, Duration.ZERO)
                || giveUp(connection, Phase.HEAD, SLOW_CLIENT_TIME)
                || giveUp(connection, Phase.BODY, SLOW_CLIENT_TIME)
                || giveUp(connection, Phase.ANSWER, SLOW_CLIENT_TIME);
    }

    /** Closes the connection that has been in a phase for the longest time. */
    private boolean giveUp(GuardedConnection but, Phase phase, Duration least) {
        Optional<GuardedConnection> oldest = open.stream()
                .filter(c -> c != but && c.in(phase).isPresent())
                .max(Comparator.comparing(c -> c.in(phase).orElse(Duration.ZERO)));
        return oldest.filter(c -> c.closeIfOlder(phase, least)).isPresent();
    }

    void remove(GuardedConnection connection) {
        open.remove(connection);
    }

    private void watch() {
        long pause = Math.clamp(options.clientTimeout().toNanos() / 8, 10_000_000L, 250_000_000L);
        while (!closed) {
            LockSupport.parkNanos(pause);
            open.forEach(c -> c.closeIfLate(options.clientTimeout(), options.idleTimeout()));
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watch);
    }
}
