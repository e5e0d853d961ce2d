package detangle.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The arguments as the operating system has them. The JVM decodes them by the locale and puts a question mark for what
 * the locale's encoding does not have, so that a text would be answered that nobody has asked. The launchers choose a
 * locale with UTF-8; who starts the JVM by other means gets a message.
 */
final class ArgumentBytes {
    /** Linux keeps a process's command line here: its parts, each ended by a zero byte. */
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private ArgumentBytes() {}

    /**
     * Returns what is wrong with the arguments of this process, of which there are {@code count}; empty where it cannot
     * be told.
     */
    static Optional<String> fault(int count) {
        String encoding = System.getProperty("sun.jnu.encoding", "");
        try {
            return Files.isReadable(COMMAND_LINE) && !encoding.isEmpty() && Charset.isSupported(encoding)
                    ? fault(Files.readAllBytes(COMMAND_LINE), count, Charset.forName(encoding))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns what is wrong with the last parts of a command line.
     *
     * @param count of the last parts
     * @param charset of the locale
     */
    static Optional<String> fault(byte[] commandLine, int count, Charset charset) {
        List<byte[]> parts = parts(commandLine);
        List<byte[]> arguments = parts.subList(Math.max(0, parts.size() - count), parts.size());
        for (int i = 0; i < arguments.size(); i++) {
            try {
                charset.newDecoder().decode(ByteBuffer.wrap(arguments.get(i)));
            } catch (CharacterCodingException e) {
                return Optional.of(
                        "argument " + (i + 1) + " is not text in " + charset
                                + ", the encoding of the locale: set LC_ALL=C.UTF-8 and write UTF-8, or give texts with --file");
            }
        }
        return Optional.empty();
    }

    private static List<byte[]> parts(byte[] commandLine) {
        List<byte[]> parts = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i < commandLine.length; i++) {
            if (commandLine[i] == 0) {
                parts.add(Arrays.copyOfRange(commandLine, begin, i));
                begin = i + 1;
            }
        }
        return parts;
    }
}
