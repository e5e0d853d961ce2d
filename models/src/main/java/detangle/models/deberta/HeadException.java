package detangle.models.deberta;

import detangle.ir.InvalidModelException;
import java.nio.file.Path;

/**
 * A checkpoint does not hold the head that is wanted, or holds several and nothing chooses. The message names the file.
 */
public final class HeadException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    /** @param fault one line that says what is lacking and what to do */
    HeadException(Path file, String fault) {
        super(file + ": " + fault);
    }
}
