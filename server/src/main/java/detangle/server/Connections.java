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
 * The connections of a server: so many at once, each with a bounded time for what its client has to do. Where there are
 * as many as there may be, one whose client waits, or is slow with its request or with taking its answer, is closed for
 * a new one.
 */
final class Connections implements ServerConnectionSelector, AutoCloseable {
    /** A client that takes longer than this for a head, a body or an answer may be given up for another one. */
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

    /** Tells a connection what the library has understood of a head. */
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
     * Counts a connection; whether it may be served, as there is room or another one could be given up. One connection
     * at a time, so that two new ones never choose the same other one.
     */
    synchronized boolean admit(GuardedConnection connection) {
        open.add(connection);
        return open.size() <= options.maxConnections()
                || giveUp(connection, Phase.IDLE, Duration.ZERO)
                || giveUp(connection, Phase.HEAD, SLOW_CLIENT_TIME)
                || giveUp(connection, Phase.BODY, SLOW_CLIENT_TIME)
                || giveUp(connection, Phase.ANSWER, SLOW_CLIENT_TIME);
    }

    /** Closes the connection that is longest in a phase. */
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
