package detangle.train.parallel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SocketGroupTest {
    private static final Duration SHORT = Duration.ofMillis(400);

    private static float[] floats(int rank, int count) {
        Random random = new Random(rank);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    /** Arrays shorter than the group, and longer than what is sent at once. */
    @Test
    void everyRankGetsTheSameSums() {
        for (int size = 1; size < 5; size++) {
            for (int count : new int[] {0, 1, 5, 200_003}) {
                List<float[]> sums = Ranks.together(size, group -> {
                    float[] values = floats(group.rank(), count);
                    group.allReduce(values);
                    return values;
                });
                double[] expected = new double[count];
                for (int rank = 0; rank < size; rank++) {
                    float[] values = floats(rank, count);
                    for (int i = 0; i < count; i++) {
                        expected[i] += values[i];
                    }
                }
                for (int i = 0; i < count; i++) {
                    // Three additions of numbers below 2, each rounded to 24 bits.
                    assertEquals(expected[i], sums.getFirst()[i], 4e-7);
                }
                for (float[] sum : sums) {
                    assertArrayEquals(sums.getFirst(), sum);
                }
            }
        }
    }

    @Test
    void doublesAreExactWhereTheyAreCounts() {
        List<double[]> sums = Ranks.together(3, group -> {
            double[] values = {group.rank(), 1L << 52, Double.NaN};
            group.allReduce(values);
            group.allReduce(values);
            return values;
        });
        for (double[] sum : sums) {
            assertArrayEquals(new double[] {9, 9.0 * (1L << 52), Double.NaN}, sum);
        }
    }

    @Test
    void aRankThatEndsIsMissedAtOnce() {
        List<Ranks.Ended<String>> ended = Ranks.each(3, Duration.ofMinutes(5), group -> {
            group.allReduce(new float[10]);
            if (group.rank() == 1) {
                throw new IllegalStateException("lost");
            }
            group.allReduce(new float[10]);
            return "done";
        });
        assertEquals("lost", ended.get(1).failure().getMessage());
        for (int rank : new int[] {0, 2}) {
            PeerException e =
                    assertInstanceOf(PeerException.class, ended.get(rank).failure());
            assertTrue(e.getMessage().startsWith("rank " + rank + " of 3 has lost rank "), e.getMessage());
        }
    }

    @Test
    void aRankThatIsSilentIsLeft() {
        CountDownLatch over = new CountDownLatch(1);
        List<Ranks.Ended<Void>> ended = Ranks.each(2, SHORT, group -> {
            if (group.rank() == 1) {
                over.countDown();
                sleep(2 * SHORT.toMillis());
            }
            group.allReduce(new float[10]);
            return null;
        });
        PeerException e = assertInstanceOf(PeerException.class, ended.getFirst().failure());
        assertTrue(e.getMessage().contains(": it has sent nothing for 0 seconds"), e.getMessage());
        assertInstanceOf(PeerException.class, ended.get(1).failure());
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void ranksThatExchangeDifferentThingsAreTold() {
        List<Ranks.Ended<Void>> ended = Ranks.each(2, Duration.ofMinutes(5), group -> {
            group.allReduce(new float[10 + 2 * group.rank()]);
            return null;
        });
        assertTrue(
                ended.stream()
                        .map(e -> e.failure().getMessage())
                        .anyMatch(told -> told.contains("all processes must run the same program")),
                ended.toString());
    }

    /** Somebody who connects and knows nothing is turned away, and the group forms. */
    @Test
    void strangersAreTurnedAway() throws IOException {
        List<ServerSocket> sockets = Ranks.listening(2);
        try (Socket stranger = new Socket(
                sockets.getFirst().getInetAddress(), sockets.getFirst().getLocalPort())) {
            stranger.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            List<Ranks.Ended<Double>> ranks = Ranks.each(sockets, Duration.ofSeconds(30), group -> {
                double[] sum = {1};
                group.allReduce(sum);
                return sum[0];
            });
            ranks.forEach(rank -> assertEquals(2, rank.result()));
        }
    }

    /** A process with another secret, or of another training, is refused. */
    @Test
    void othersAreNotLetIn() {
        for (int i = 0; i < 2; i++) {
            List<ServerSocket> sockets = Ranks.listening(2);
            boolean knows = i == 1;
            CompletableFuture<PeerException> other = CompletableFuture.supplyAsync(() -> assertThrows(
                    PeerException.class,
                    () -> SocketGroup.join(
                            new Membership(
                                    1,
                                    Ranks.addresses(sockets),
                                    knows ? "yesterday" : "test",
                                    knows ? Ranks.SECRET : new byte[] {1},
                                    SHORT),
                            sockets.get(1))));
            Membership first = new Membership(0, Ranks.addresses(sockets), "test", Ranks.SECRET, SHORT);
            PeerException e = assertThrows(PeerException.class, () -> SocketGroup.join(first, sockets.getFirst()));
            assertTrue(e.getMessage().startsWith("rank 0 of 2 does not reach rank 1 at "), e.getMessage());
            other.join();
            sockets.forEach(Ranks::close);
        }
    }

    @Test
    void oneProcessIsAlone() throws IOException {
        try (ServerSocket own = Ranks.listening(1).getFirst()) {
            Membership membership = new Membership(0, Ranks.addresses(List.of(own)), "test", Ranks.SECRET, SHORT);
            assertSame(ProcessGroup.ALONE, SocketGroup.join(membership, own));
        }
        assertThrows(IllegalArgumentException.class, () -> new Membership(1, List.of(), "test", new byte[0], SHORT));
    }
}
