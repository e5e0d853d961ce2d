package detangle.models.files;

import detangle.ir.DeviceException;
import java.nio.file.Path;

/** A folder cannot be written; the message names it and says why. */
public final class FolderException extends DeviceException {
    private static final long serialVersionUID = 1L;

    FolderException(Path folder, String fault) {
        super(folder + ": " + fault);
    }

    FolderException(Path folder, String fault, Throwable cause) {
        super(folder + ": " + fault, cause);
    }
}
