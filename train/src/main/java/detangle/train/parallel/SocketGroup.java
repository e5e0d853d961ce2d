package detangle.train.parallel;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Connects processes in a ring by TCP: each sends to the next rank and receives from the one before. Numbers are added
 * by a ring all-reduce (Patarasuk and Yuan 2009): the array is divided into as many chunks as there are processes; each
 * chunk goes around the ring once to be summed and once more to bring the sum to all. So every process sends less than
 * twice the array, however many they are. One thread may use a group.
 *
 * <p>Both ends of a connection prove that they know the training's secret. The data that follows is neither encrypted
 * nor signed.
 */
public final class SocketGroup implements ProcessGroup {
    /** The bytes that are sent or added at once. */
    private static final int PIECE_BYTES = 1 << 18;

    private final Membership membership;
    private final RingConnections connections;
    private final OutputStream out;
    private final DataInputStream in;
    private final ExecutorService sender;
    private final ByteBuffer toSend = ByteBuffer.allocate(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer received = ByteBuffer.allocate(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int call;

    private SocketGroup(Membership membership, RingConnections connections) throws IOException {
        this.membership = membership;
        this.connections = connections;
        this.out = connections.toNext().getOutputStream();
        this.in = new DataInputStream(connections.fromPrevious().getInputStream());
        this.sender = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("detangle-send").factory());
    }

    /**
     * Joins a group.
     *
     * @param own the socket at which this process listens, which stays the caller's
     * @throws PeerException if the neighbours in the ring do not come within the timeout, or within two minutes
     */
    public static ProcessGroup join(Membership membership, ServerSocket own) {
        if (membership.size() == 1) {
            return ProcessGroup.ALONE;
        }
        RingConnections connections = RingConnections.open(membership, own);
        try {
            return new SocketGroup(membership, connections);
        } catch (IOException e) {
            connections.close();
            throw new PeerException("a connection of rank " + membership.rank() + " is gone: " + e.getMessage(), e);
        }
    }

    @Override
    public int rank() {
        return membership.rank();
    }

    @Override
    public int size() {
        return membership.size();
    }

    @Override
    public void allReduce(float[] values) {
        allReduce(new RingValues.Floats(values, PIECE_BYTES / Float.BYTES));
    }

    @Override
    public void allReduce(double[] values) {
        allReduce(new RingValues.Doubles(values));
    }

    private void allReduce(RingValues values) {
        if (sender.isShutdown()) {
            throw new PeerException("rank " + rank() + " of " + size() + " has left its training");
        }
        call++;
        for (int step = 0; step < 2 * (size() - 1); step++) {
            int sent = Math.floorMod(rank() - step, size());
            int taken = Math.floorMod(rank() - step - 1, size());
            boolean adds = step < size() - 1;
            Future<?> sending = sender.submit(() -> {
                send(values, first(values, sent), first(values, sent + 1));
                return null;
            });
            receive(values, first(values, taken), first(values, taken + 1), adds);
            await(sending);
        }
    }

    /** Returns the place at which a chunk begins. */
    private int first(RingValues values, int chunk) {
        return (int) ((long) values.count() * chunk / size());
    }

    private void send(RingValues values, int from, int to) throws IOException {
        toSend.clear().putInt(call).putInt(to - from);
        out.write(toSend.array(), 0, toSend.position());
        int pieceElements = PIECE_BYTES / values.bytes();
        for (int at = from; at < to; at += pieceElements) {
            int end = Math.min(to, at + pieceElements);
            values.put(at, end, toSend.clear());
            out.write(toSend.array(), 0, (end - at) * values.bytes());
        }
    }

    private void receive(RingValues values, int from, int to, boolean adds) {
        try {
            in.readFully(received.array(), 0, 2 * Integer.BYTES);
            received.clear();
            int theirCall = received.getInt();
            int theirCount = received.getInt();
            if (theirCall != call || theirCount != to - from) {
                close();
                throw new PeerException(membership.name(membership.previous()) + " sends " + theirCount
                        + " numbers in exchange " + theirCall + ", and rank " + rank() + " expects " + (to - from)
                        + " in exchange " + call + ": all processes must run the same program with the same options");
            }
            int pieceElements = PIECE_BYTES / values.bytes();
            for (int at = from; at < to; at += pieceElements) {
                int end = Math.min(to, at + pieceElements);
                in.readFully(received.array(), 0, (end - at) * values.bytes());
                received.clear().limit((end - at) * values.bytes());
                if (adds) {
                    values.add(at, received);
                } else {
                    values.set(at, received);
                }
            }
        } catch (IOException e) {
            throw lost(membership.previous(), e);
        }
    }

    private void await(Future<?> sending) {
        try {
            sending.get();
        } catch (ExecutionException e) {
            throw lost(membership.next(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw lost(membership.next(), e);
        }
    }

    private PeerException lost(int other, Exception e) {
        close();
        String reason = switch (e) {
            case SocketTimeoutException timeout ->
                "it has sent nothing for " + membership.timeout().toSeconds() + " seconds";
            case EOFException end -> "it has ended, or has left this training";
            default -> RingConnections.reason(e);
        };
        return new PeerException(
                "rank " + rank() + " of " + size() + " has lost " + membership.name(other) + ": " + reason, e);
    }

    @Override
    public void close() {
        connections.close();
        sender.shutdownNow();
    }
}
