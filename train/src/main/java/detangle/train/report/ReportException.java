package detangle.train.report;

import detangle.ir.InvalidInputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Thrown where a report cannot be written; the message names the file. */
public final class ReportException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ReportException(Path path, IOException cause) {
        super(path + " cannot be written: " + reason(cause), cause);
    }

    /** Returns the reason in words, as the messages of some of these exceptions are bare paths. */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "the folder for it does not exist";
            case AccessDeniedException denied -> "no permission to write there";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> e.getMessage();
        };
    }
}
