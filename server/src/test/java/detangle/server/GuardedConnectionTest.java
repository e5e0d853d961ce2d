package detangle.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class GuardedConnectionTest {
    private static <T> T of(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object untilClosed(CountDownLatch closed) throws InterruptedException {
        closed.await();
        throw new UncheckedIOException(new SocketException("closed"));
    }

    /** A client who has filled its side's buffer with answers takes not even the one that says that it is late. */
    @Test
    void whoIsLateAndTakesNothingIsCutOff() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicBoolean begun = new AtomicBoolean();
        HelidonSocket socket = of(HelidonSocket.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "get" -> begun.getAndSet(true) ? untilClosed(closed) : new byte[] {'G'};
            case "close" -> {
                closed.countDown();
                yield null;
            }
            default -> throw new AssertionError(method.getName());
        });
        DataWriter writer = of(DataWriter.class, (proxy, method, arguments) -> untilClosed(closed));
        ConnectionContext context =
                of(ConnectionContext.class, (proxy, method, arguments) -> switch (method.getName()) {
                    case "serverSocket" -> socket;
                    case "dataWriter" -> writer;
                    default -> throw new AssertionError(method.getName());
                });
        ServerOptions options = ServerOptions.DEFAULT.withClientTimeout(Duration.ofMillis(100));
        try (Connections connections = new Connections(options)) {
            connections.start();
            GuardedConnection connection = new GuardedConnection(
                    context,
                    connections,
                    guarded -> of(ServerConnection.class, (proxy, method, arguments) -> {
                        guarded.dataReader().readBuffer(2);
                        return null;
                    }));
            Thread thread = Thread.ofVirtual().start(() -> {
                try {
                    connection.handle((Limit) null);
                } catch (InterruptedException | RuntimeException e) {
                    // It was cut off.
                }
            });
            assertTrue(closed.await(10, TimeUnit.SECONDS));
            thread.join();
        }
    }

    /** Whoever watches over connections goes on where a client closes its own at the same moment. */
    @Test
    void aSocketThatIsClosedAlreadyIsNoFault() {
        HelidonSocket socket = of(HelidonSocket.class, (proxy, method, arguments) -> {
            throw new UncheckedIOException(new ClosedChannelException());
        });
        ConnectionContext context = of(
                ConnectionContext.class,
                (proxy, method, arguments) -> method.getName().equals("serverSocket") ? socket : null);
        try (Connections connections = new Connections(ServerOptions.DEFAULT)) {
            GuardedConnection connection = new GuardedConnection(context, connections, guarded -> null);
            assertTrue(connection.closeIfOlder(GuardedConnection.Phase.IDLE, Duration.ZERO));
        }
    }
}
