package detangle.cli;

import detangle.ir.DetangleException;
import detangle.ir.InternalException;
import detangle.ir.InvalidInputException;
import detangle.ir.OneLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Writes a failure as one line on the command line. */
final class Failures {
    private Failures() {}

    /** A fault of what the user gave; the message says what to do. */
    static final class CliException extends InvalidInputException {
        private static final long serialVersionUID = 1L;

        CliException(String message) {
            super(message);
        }
    }

    static String message(Exception e) {
        return switch (e) {
            case InternalException ours -> internal(ours.getMessage());
            case DetangleException known -> known.getMessage();
            case UncheckedIOException io ->
                OneLine.of((io.getCause() instanceof FileSystemException file ? file.getFile() + ": " : "")
                        + reason(io.getCause()));
            default -> internal(OneLine.of(e.toString()));
        };
    }

    /** Returns why something cannot be read, in words: some of these exceptions' messages are bare paths. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "it does not exist";
            case AccessDeniedException denied -> "no permission to read it";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
        };
    }

    private static String internal(String what) {
        return "internal error: " + what + "; run it with --verbose and report what it prints";
    }
}
