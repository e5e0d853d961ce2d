package detangle.ir;

/** Element types of the IR. The lower-case constant name is the text form: {@code f32}, {@code i1}, ... */
public enum DType {
    F32(4),
    F16(2),
    BF16(2),
    F64(8),
    I32(4),
    I64(8),
    /** Boolean; one byte an element in memory, 0 or 1. */
    I1(1),
    I8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes an element takes in memory. */
    public int bytes() {
        return bytes;
    }

    public boolean isFloat() {
        return switch (this) {
            case F32, F16, BF16, F64 -> true;
            case I32, I64, I1, I8 -> false;
        };
    }

    /** True for the integer types, I1 excluded. */
    public boolean isInteger() {
        return switch (this) {
            case I32, I64, I8 -> true;
            case F32, F16, BF16, F64, I1 -> false;
        };
    }

    /** Returns the name in IR text. */
    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
