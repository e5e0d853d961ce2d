package detangle.train.parallel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Lets the two ends of a connection prove to each other that they know the secret of the training, without sending it.
 * Each end draws a random number, and the other one answers with an HMAC-SHA256 of both numbers, of the ranks and of
 * the training's name. The connector sends {@code MAGIC, rank, number}, the acceptor {@code number, proof}, the
 * connector {@code proof}, the acceptor {@code MAGIC}.
 */
final class Handshake {
    private static final int MAGIC = 0x44544731;
    private static final int NUMBER_BYTES = 32;
    private static final int PROOF_BYTES = 32;
    private static final String CONNECTOR = "connector";
    private static final String ACCEPTOR = "acceptor";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Membership membership;

    Handshake(Membership membership) {
        this.membership = membership;
    }

    /** Presents this process to the next rank, and makes sure that it is the next rank. */
    void connect(Socket socket) throws IOException {
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] own = number();
        out.write(ByteBuffer.allocate(2 * Integer.BYTES + NUMBER_BYTES)
                .putInt(MAGIC)
                .putInt(membership.rank())
                .put(own)
                .array());
        byte[] other = in.readNBytes(NUMBER_BYTES);
        check(in.readNBytes(PROOF_BYTES), proof(ACCEPTOR, membership.rank(), membership.next(), own, other));
        out.write(proof(CONNECTOR, membership.rank(), membership.next(), own, other));
        if (in.readInt() != MAGIC) {
            throw new IOException("the other end of the connection does not let this process in");
        }
    }

    /** Accepts the connection of the previous rank, and refuses any other. */
    void accept(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        if (in.readInt() != MAGIC || in.readInt() != membership.previous()) {
            throw new IOException("the other end of the connection is not a process of this training");
        }
        byte[] other = in.readNBytes(NUMBER_BYTES);
        byte[] own = number();
        out.write(own);
        out.write(proof(ACCEPTOR, membership.previous(), membership.rank(), other, own));
        check(in.readNBytes(PROOF_BYTES), proof(CONNECTOR, membership.previous(), membership.rank(), other, own));
        out.writeInt(MAGIC);
    }

    private static byte[] number() {
        byte[] number = new byte[NUMBER_BYTES];
        RANDOM.nextBytes(number);
        return number;
    }

    private static void check(byte[] given, byte[] expected) throws IOException {
        if (!MessageDigest.isEqual(given, expected)) {
            throw new IOException("the other end of the connection does not know the secret of this training");
        }
    }

    private byte[] proof(String side, int connector, int acceptor, byte[] ofConnector, byte[] ofAcceptor) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(membership.secret(), mac.getAlgorithm()));
            mac.update(ofConnector);
            mac.update(ofAcceptor);
            mac.update(ByteBuffer.allocate(2 * Integer.BYTES)
                    .putInt(connector)
                    .putInt(acceptor)
                    .flip());
            mac.update(side.getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(membership.training().getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC-SHA256", e);
        }
    }
}
