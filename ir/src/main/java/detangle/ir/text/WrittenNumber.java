package detangle.ir.text;

import detangle.ir.DType;
import detangle.ir.Location;

/**
 * A number of a text, whose element type stands behind it.
 *
 * @param value the double that is nearest to the text
 */
record WrittenNumber(double value, String text, Location location) {
    /**
     * Returns the value of a constant of an element type. Floats are rounded, integers are not: a {@link
     * ParseException} names a whole number that no double is. What else the element type does not hold is for the
     * verifier to say.
     */
    double as(DType dtype) {
        boolean isLong = value == Math.rint(value) && Math.abs(value) <= 0x1p63;
        if (!dtype.isFloat() && isLong && !Numbers.isExact(text, value)) {
            throw new ParseException(
                    location,
                    "'" + text + "' cannot be a constant of " + dtype.text()
                            + ": constants are doubles, and no double is exactly this number");
        }
        return value;
    }
}
