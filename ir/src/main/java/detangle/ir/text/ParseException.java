package detangle.ir.text;

import detangle.ir.InvalidModelException;
import detangle.ir.Location;

/** Text that is not a program; the message begins with file, line and column. */
public final class ParseException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    public ParseException(Location location, String message) {
        super(location + ": error: " + message);
    }
}
