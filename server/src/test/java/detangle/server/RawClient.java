package detangle.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** A connection that sends whatever bytes it is given, and reads answers as they are framed. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 15_000;

    private final Socket socket;
    private final InputStream in;

    /**
     * An answer.
     *
     * @param headers by their names in small letters
     */
    record Reply(int status, TreeMap<String, String> headers, String body) {}

    RawClient(int port) throws IOException {
        this(port, PATIENCE_MILLIS);
    }

    /** @param patienceMillis how long to wait for each byte of an answer */
    RawClient(int port, int patienceMillis) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(patienceMillis);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The next answer; empty if the server has closed the connection. */
    Optional<Reply> answer() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int last = 0;
        while (last != 0x0d0a0d0a) {
            int b;
            try {
                b = in.read();
            } catch (SocketException e) {
                b = -1;
            }
            if (b < 0) {
                if (head.size() > 0) {
                    throw new IOException("the answer ends in its head: " + head.toString(StandardCharsets.ISO_8859_1));
                }
                return Optional.empty();
            }
            head.write(b);
            last = last << 8 | b;
        }
        String[] lines = head.toString(StandardCharsets.ISO_8859_1).split("\r\n");
        int status = Integer.parseInt(lines[0].split(" ")[1]);
        TreeMap<String, String> headers = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
            if (headers.put(name, lines[i].substring(colon + 1).strip()) != null) {
                throw new IOException("the answer has a header twice: " + name);
            }
        }
        if (status == 100) {
            return Optional.of(new Reply(status, headers, ""));
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new IOException("the answer has " + body.length + " bytes of " + length);
        }
        return Optional.of(new Reply(status, headers, new String(body, StandardCharsets.UTF_8)));
    }

    /** Sends nothing more, and reads all answers until the server closes the connection. */
    List<Reply> answers() throws IOException {
        try {
            socket.shutdownOutput();
        } catch (SocketException e) {
            // The server was faster.
        }
        List<Reply> answers = new ArrayList<>();
        for (Optional<Reply> answer = answer(); answer.isPresent(); answer = answer()) {
            answers.add(answer.get());
        }
        return answers;
    }

    /** All answers to some bytes. */
    static List<Reply> exchange(int port, byte[] bytes) throws IOException {
        return exchange(port, bytes, PATIENCE_MILLIS);
    }

    /** All answers to some bytes, of a server that may take longer for each. */
    static List<Reply> exchange(int port, byte[] bytes, int patienceMillis) throws IOException {
        try (RawClient client = new RawClient(port, patienceMillis)) {
            try {
                client.send(bytes);
            } catch (SocketException e) {
                // The server need not read all of it.
            }
            return client.answers();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
