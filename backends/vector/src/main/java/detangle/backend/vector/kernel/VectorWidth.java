package detangle.backend.vector.kernel;

import detangle.ir.OneLine;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The width of vectors that the system property {@value #PROPERTY} forces. Reading it needs nothing of the Vector API,
 * so that a wrong value is refused before any class of kernels is initialized.
 */
public final class VectorWidth {
    /** The property that forces a width: 128, 256 or 512 bits. */
    public static final String PROPERTY = "detangle.vector.bits";

    private static final Set<String> WIDTHS = Set.of("128", "256", "512");

    private VectorWidth() {}

    /**
     * Returns the bits of the width that is forced; empty if the machine's own is used.
     *
     * @throws KernelPropertyException if the property holds anything else
     */
    public static OptionalInt forced() {
        String text = System.getProperty(PROPERTY);
        if (text == null) {
            return OptionalInt.empty();
        }
        if (!WIDTHS.contains(text)) {
            throw new KernelPropertyException(PROPERTY + " is '" + OneLine.of(text)
                    + "', which is not a width of vectors: give 128, 256 or 512, or leave it out");
        }
        return OptionalInt.of(Integer.parseInt(text));
    }
}
