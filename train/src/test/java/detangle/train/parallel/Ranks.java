package detangle.train.parallel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/** Runs threads that stand for processes and are connected over the loopback interface. */
public final class Ranks {
    static final byte[] SECRET = "open sesame".getBytes(StandardCharsets.UTF_8);

    private Ranks() {}

    /** The result of a rank, or the failure that it has thrown. */
    public record Ended<T>(T result, Throwable failure) {}

    /** Returns the result of each rank; none may fail. */
    public static <T> List<T> together(int size, Function<ProcessGroup, T> work) {
        return each(size, Duration.ofSeconds(60), work).stream()
                .map(ended -> {
                    if (ended.failure != null) {
                        throw new AssertionError(ended.failure);
                    }
                    return ended.result;
                })
                .toList();
    }

    /** Runs some work in each rank. A rank that is done, or has failed, leaves the group. */
    public static <T> List<Ended<T>> each(int size, Duration timeout, Function<ProcessGroup, T> work) {
        return each(listening(size), timeout, work);
    }

    /** Runs some work in ranks that listen already, and closes their sockets. */
    static <T> List<Ended<T>> each(List<ServerSocket> sockets, Duration timeout, Function<ProcessGroup, T> work) {
        try {
            List<FutureTask<T>> ranks = new ArrayList<>();
            for (int rank = 0; rank < sockets.size(); rank++) {
                Membership membership = new Membership(rank, addresses(sockets), "test", SECRET, timeout);
                ServerSocket own = sockets.get(rank);
                ranks.add(new FutureTask<>(() -> {
                    try (ProcessGroup group = SocketGroup.join(membership, own)) {
                        return work.apply(group);
                    }
                }));
                Thread.ofPlatform().daemon().start(ranks.getLast());
            }
            return ranks.stream().map(Ranks::ended).toList();
        } finally {
            sockets.forEach(Ranks::close);
        }
    }

    private static <T> Ended<T> ended(FutureTask<T> rank) {
        try {
            return new Ended<>(rank.get(), null);
        } catch (ExecutionException e) {
            return new Ended<>(null, e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static List<ServerSocket> listening(int size) {
        List<ServerSocket> sockets = new ArrayList<>();
        for (int rank = 0; rank < size; rank++) {
            try {
                sockets.add(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return sockets;
    }

    static List<InetSocketAddress> addresses(List<ServerSocket> sockets) {
        return sockets.stream()
                .map(socket -> new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()))
                .toList();
    }

    static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
