package detangle.hostile;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.logging.LogManager;

/** A reader as a target of Jazzer: whatever an input makes of a file, it is read, or refused as it must be. */
public final class ReaderFuzzTarget {
    /** The system property with the name of the reader's class, so that the other readers are not loaded. */
    static final String READER = "detangle.fuzz.class";

    private static Reader reader;
    private static FuzzInput input;

    private ReaderFuzzTarget() {}

    /** Called by Jazzer before the first input. */
    public static void fuzzerInitialize() throws IOException, ReflectiveOperationException {
        reader = (Reader) Class.forName(System.getProperty(READER))
                .getDeclaredConstructor()
                .newInstance();
        input = new FuzzInput(reader, Files.createTempDirectory("good"));
        LogManager.getLogManager().reset();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        System.setOut(nowhere);
        System.setErr(nowhere);
        for (byte[] seed : input.seeds()) {
            // What is loaded and computed once is not the first input's fault.
            fuzzerTestOneInput(seed);
        }
    }

    /** Called by Jazzer. */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        input.use(bytes, folder -> Judge.check(reader, folder));
    }
}
