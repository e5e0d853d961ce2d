package detangle.hostile;

import com.sun.management.OperatingSystemMXBean;
import detangle.ir.InvalidInputException;
import detangle.ir.InvalidModelException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * A process that reads folders. It is given lines of a {@link Reader}'s class, a tab and a folder, and answers each
 * with the line of an {@link Answer}.
 */
final class HostileWorker {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** More than anything that is printed on purpose. */
    private static final int MAX_PRINTED = 10_000;

    private HostileWorker() {}

    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
        PrintStream answers =
                new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        catchOutput(new PrintStream(printed, true, StandardCharsets.UTF_8));
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            String[] fields = request.split("\t", 2);
            Reader reader =
                    (Reader) Class.forName(fields[0]).getDeclaredConstructor().newInstance();
            printed.reset();
            answers.println(answer(reader, Path.of(fields[1]), printed).line());
        }
    }

    /** Only the answers go to standard output. */
    private static void catchOutput(PrintStream out) {
        System.setOut(out);
        System.setErr(out);
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(new MessagesHandler(out));
    }

    /** What becomes of a folder in this process, without what is printed. */
    static Answer answer(Reader reader, Path folder) {
        return answer(reader, folder, new ByteArrayOutputStream());
    }

    private static Answer answer(Reader reader, Path folder, ByteArrayOutputStream printed) {
        long before = SYSTEM.getProcessCpuTime();
        Throwable thrown = null;
        try {
            reader.read(folder);
        } catch (Throwable t) {
            thrown = t;
        }
        Duration took = Duration.ofNanos(SYSTEM.getProcessCpuTime() - before);
        String text = printed.toString(StandardCharsets.UTF_8);
        String said = text.substring(0, Math.min(text.length(), MAX_PRINTED));
        if (thrown == null) {
            return new Answer(Answer.Outcome.READ, "", "", "", said, took);
        }
        return new Answer(
                blamesTheFiles(thrown) ? Answer.Outcome.REFUSED : Answer.Outcome.FAILED,
                thrown.getClass().getName(),
                String.valueOf(thrown.getMessage()),
                place(thrown),
                said,
                took);
    }

    private static boolean blamesTheFiles(Throwable thrown) {
        return thrown instanceof InvalidModelException || thrown instanceof InvalidInputException;
    }

    /** Where the first cause of all was thrown. */
    private static String place(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        StackTraceElement[] trace = cause.getStackTrace();
        String where = trace.length == 0 ? "an unknown place" : trace[0].toString();
        return cause == thrown ? where : where + " (" + cause + ")";
    }

    /** Writes the messages alone, a line each; what would break a line becomes another control character. */
    private static final class MessagesHandler extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();
        private final PrintStream out;

        MessagesHandler(PrintStream out) {
            this.out = out;
        }

        @Override
        public void publish(LogRecord logged) {
            out.println(formatter.formatMessage(logged).replaceAll("[\\n\\r]", "\u000b"));
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {}
    }
}
