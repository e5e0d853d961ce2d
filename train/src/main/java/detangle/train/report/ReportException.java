package detangle.train.report;

import detangle.ir.InvalidInputException;
import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.nio.file.Path;

/** Thrown where a report cannot be written; the message names the file. */
public final class ReportException extends InvalidInputException {
    private static final long serialVersionUID = 1L;

    ReportException(Path path, IOException cause) {
        super(path + " cannot be written: " + WholeFiles.reason(cause), cause);
    }
}
