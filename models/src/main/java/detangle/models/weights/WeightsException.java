package detangle.models.weights;

import detangle.ir.InvalidModelException;
import java.nio.file.Path;

/** A weights file cannot be read or written; the message names the file and the fault. */
public final class WeightsException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public WeightsException(Path file, String fault) {
        super(file + ": " + fault);
    }

    public WeightsException(Path file, String fault, Throwable cause) {
        super(file + ": " + fault, cause);
    }
}
