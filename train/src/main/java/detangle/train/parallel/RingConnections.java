package detangle.train.parallel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The connections of a process in a ring.
 *
 * @param toNext the connection to the rank to which this process sends
 * @param fromPrevious the connection from the rank from which this process receives
 */
record RingConnections(Socket toNext, Socket fromPrevious) implements AutoCloseable {
    /** The longest time in milliseconds that a stranger may take to present itself. */
    private static final int HANDSHAKE_MILLIS = 10_000;

    /** The longest time in milliseconds that joining takes, as all processes listen when it begins. */
    private static final int JOIN_MILLIS = 120_000;

    private static final long NANOS_IN_MILLI = 1_000_000;

    /**
     * Connects to the next rank, and waits for the previous one.
     *
     * @throws PeerException if one of them does not come within the timeout
     */
    static RingConnections open(Membership membership, ServerSocket own) {
        FutureTask<Socket> connecting = new FutureTask<>(() -> connected(membership));
        Thread.ofPlatform().daemon().name("detangle-connect").start(connecting);
        Socket fromPrevious = accepted(membership, own, connecting);
        try {
            Socket toNext = connecting.get();
            for (Socket socket : new Socket[] {toNext, fromPrevious}) {
                socket.setTcpNoDelay(true);
                socket.setKeepAlive(true);
                socket.setSoTimeout(Math.toIntExact(membership.timeout().toMillis()));
            }
            return new RingConnections(toNext, fromPrevious);
        } catch (ExecutionException | InterruptedException | IOException e) {
            close(fromPrevious);
            abandon(connecting);
            throw absent(membership, membership.next(), e);
        }
    }

    private static int joinMillis(Membership membership) {
        return (int) Math.min(JOIN_MILLIS, membership.timeout().toMillis());
    }

    private static Socket connected(Membership membership) throws IOException {
        InetSocketAddress listed = membership.addresses().get(membership.next());
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(listed.getHostString(), listed.getPort()), joinMillis(membership));
            socket.setSoTimeout(joinMillis(membership));
            new Handshake(membership).connect(socket);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Waits for the previous rank. Others, such as whoever tries all ports of a machine, are turned away. */
    private static Socket accepted(Membership membership, ServerSocket own, FutureTask<Socket> connecting) {
        long end = System.nanoTime() + joinMillis(membership) * NANOS_IN_MILLI;
        try {
            while (true) {
                int left = (int) ((end - System.nanoTime()) / NANOS_IN_MILLI);
                if (left < 1) {
                    throw new SocketTimeoutException("nobody who knows the training's secret has come");
                }
                own.setSoTimeout(left);
                Socket socket = own.accept();
                if (isPrevious(membership, socket, Math.min(left, HANDSHAKE_MILLIS))) {
                    return socket;
                }
            }
        } catch (IOException e) {
            abandon(connecting);
            throw absent(membership, membership.previous(), e);
        }
    }

    private static boolean isPrevious(Membership membership, Socket socket, int millis) {
        try {
            socket.setSoTimeout(millis);
            new Handshake(membership).accept(socket);
            return true;
        } catch (IOException e) {
            close(socket);
            return false;
        }
    }

    private static PeerException absent(Membership membership, int other, Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        String reason = e instanceof SocketTimeoutException
                ? "it did not answer within " + joinMillis(membership) + " ms"
                : reason(e);
        return new PeerException(
                "rank " + membership.rank() + " of " + membership.size() + " does not reach " + membership.name(other)
                        + ": " + reason,
                e);
    }

    /** Returns what an exception says, or that of its cause if it has one. */
    static String reason(Exception e) {
        Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** Closes a connection that is there, or will be. */
    private static void abandon(FutureTask<Socket> connecting) {
        Thread.ofVirtual().start(() -> {
            try {
                close(connecting.get());
            } catch (ExecutionException | InterruptedException e) {
                // There is no connection, and so nothing to close.
                return;
            }
        });
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Nobody reads from it or writes to it any more.
            return;
        }
    }

    @Override
    public void close() {
        close(toNext);
        close(fromPrevious);
    }
}
