package detangle.models.weights;

import detangle.ir.InvalidModelException;
import java.nio.file.Path;

/** An artifact that is damaged, or no artifact. The message names the file. */
public final class ArtifactException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    /** @param fault one line */
    public ArtifactException(Path file, String fault) {
        super(file + ": " + fault);
    }

    ArtifactException(Path file, String fault, Throwable cause) {
        super(file + ": " + fault, cause);
    }
}
