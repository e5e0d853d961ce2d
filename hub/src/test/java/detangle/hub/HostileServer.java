package detangle.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A server that answers every request alike, in bytes that no well-behaved server sends, and perhaps without an end.
 */
final class HostileServer implements AutoCloseable {
    /** What is sent after a request has been read; the connection is closed when it returns. */
    @FunctionalInterface
    interface Answer {
        void send(String request, OutputStream out) throws IOException, InterruptedException;
    }

    private final ServerSocket socket;
    private final Answer answer;
    private final List<Socket> open = Collections.synchronizedList(new ArrayList<>());

    /** What was asked for, with all headers. */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    HostileServer(Answer answer) {
        this.answer = answer;
        try {
            this.socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** A server that sends a text and closes. */
    static HostileServer of(String text) {
        return new HostileServer((request, out) -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** A server that sends a text, and then another again and again. */
    static HostileServer endless(String begin, String repeated) {
        return new HostileServer((request, out) -> {
            out.write(begin.getBytes(StandardCharsets.UTF_8));
            byte[] block = repeated.repeat(1 + 60_000 / repeated.length()).getBytes(StandardCharsets.UTF_8);
            while (true) {
                out.write(block);
            }
        });
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> answer(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void answer(Socket client) {
        try (client) {
            String request = request(client.getInputStream());
            requests.add(request);
            answer.send(request, client.getOutputStream());
            client.getOutputStream().flush();
        } catch (IOException e) {
            // The client has had enough.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String request(InputStream in) throws IOException {
        StringBuilder request = new StringBuilder();
        for (int b = in.read(); b >= 0 && !request.toString().endsWith("\r\n\r\n"); b = in.read()) {
            request.append((char) b);
            if (request.toString().endsWith("\r\n\r\n")) {
                break;
            }
        }
        return request.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket client : List.copyOf(open)) {
            client.close();
        }
    }
}
