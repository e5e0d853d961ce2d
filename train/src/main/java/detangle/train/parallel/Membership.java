package detangle.train.parallel;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * The membership of a process in a group.
 *
 * @param rank the number of the process, from 0
 * @param addresses the address at which each process listens, by rank
 * @param training the name of the training: processes of another one are refused
 * @param secret the secret that all processes of the training share, and nobody else knows
 * @param timeout the longest time that a process waits for another one, which may evaluate or write a checkpoint
 *     meanwhile
 */
public record Membership(
        int rank, List<InetSocketAddress> addresses, String training, byte[] secret, Duration timeout) {
    public Membership {
        addresses = List.copyOf(addresses);
        secret = secret.clone();
        if (rank < 0 || rank >= addresses.size()) {
            throw new IllegalArgumentException("there is no rank " + rank + " among " + addresses.size());
        }
        if (!timeout.isPositive() || timeout.toMillis() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a timeout is positive and below 24 days, not " + timeout);
        }
    }

    /** Returns the number of processes. */
    int size() {
        return addresses.size();
    }

    /** Returns the rank to which this process sends. */
    int next() {
        return (rank + 1) % size();
    }

    /** Returns the rank from which this process receives. */
    int previous() {
        return (rank + size() - 1) % size();
    }

    /** Returns the name of another process in messages. */
    String name(int other) {
        return "rank " + other + " at " + addresses.get(other).getHostString() + ":"
                + addresses.get(other).getPort();
    }
}
