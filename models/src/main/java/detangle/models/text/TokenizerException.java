package detangle.models.text;

import detangle.ir.InvalidModelException;
import java.nio.file.Path;

/** A tokenizer cannot be loaded or used; the message names the file, the fault, and what to do where that helps. */
public final class TokenizerException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public TokenizerException(Path file, String fault) {
        super(file + ": " + fault);
    }

    public TokenizerException(Path file, String fault, Throwable cause) {
        super(file + ": " + fault, cause);
    }

    /** A fault of what is asked for, and of no file. */
    TokenizerException(String message) {
        super(message);
    }
}
