package detangle.models.deberta;

import detangle.ir.InvalidModelException;
import java.nio.file.Path;

/** A config.json cannot be used; the message names the file, the field and the fault. */
public final class ConfigException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public ConfigException(Path file, String fault) {
        super(file + ": " + fault);
    }

    public ConfigException(Path file, String fault, Throwable cause) {
        super(file + ": " + fault, cause);
    }
}
