package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.tornado.cublaslt.CublasLt;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Chooses what computes the products of matrices on a device: {@link ProductKernel}, or cuBLASLt on a device of
 * TornadoVM's CUDA backend.
 */
final class Products {
    /** The system property that keeps products from the library: {@code java}. Unset, the library is used where it is. */
    static final String PROPERTY = "detangle.tornado.products";

    /**
     * The system property that chooses how attention is computed, by the text of an {@link AttentionMethod}; unset, by
     * the first one that the device has.
     */
    static final String ATTENTION = "detangle.tornado.attention";

    private static final String KERNELS = "java";
    private static final String CUDA = "cuda:";

    private Products() {}

    /**
     * Returns the precision in which cuBLASLt multiplies, or nothing where kernels compute products.
     *
     * @param device the name of a device that is not virtual
     * @param precision that of the device
     * @throws BackendException if the property has a value that it does not know
     */
    static Optional<ComputePrecision> of(String device, ComputePrecision precision) {
        return isLibraryAllowed() && isCuda(device) && CublasLt.find().isPresent()
                ? Optional.of(precision)
                : Optional.empty();
    }

    private static boolean isLibraryAllowed() {
        String asked = System.getProperty(PROPERTY, "");
        if (!asked.isEmpty() && !asked.equals(KERNELS)) {
            throw new BackendException(PROPERTY + "=" + asked + " is not " + KERNELS
                    + ": leave it out, and choose the precision of products by --precision");
        }
        return asked.isEmpty();
    }

    /**
     * Returns how attention is computed.
     *
     * @param library what {@link #of} has returned
     * @param hasMatrixUnits whether the device has those that {@link AttentionMethod#FUSED} uses
     * @throws BackendException if the property names no choice, or one that the device does not have
     */
    static AttentionMethod attention(Optional<ComputePrecision> library, boolean hasMatrixUnits) {
        List<AttentionMethod> possible = library.isEmpty()
                ? List.of(AttentionMethod.KERNEL)
                : hasMatrixUnits
                        ? List.of(AttentionMethod.values())
                        : List.of(AttentionMethod.PRODUCTS, AttentionMethod.KERNEL);
        String asked = System.getProperty(ATTENTION, "");
        if (asked.isEmpty()) {
            return possible.getFirst();
        }
        return possible.stream()
                .filter(method -> method.text().equals(asked))
                .findFirst()
                .orElseThrow(() -> new BackendException(ATTENTION + "=" + asked + " is not one of "
                        + possible.stream().map(AttentionMethod::text).collect(Collectors.joining(", "))
                        + ", which this device has"));
    }

    /**
     * Returns whether a device of CUDA has the matrix units of Ampere or later ones.
     *
     * @param device its name, which ends in its number
     */
    static boolean hasMatrixUnits(String device) {
        return isCuda(device)
                && CublasLt.find()
                        .filter(library -> library.generation(Integer.parseInt(device.substring(CUDA.length()))) >= 8)
                        .isPresent();
    }

    /**
     * Returns the part of a device's description that says what computes its products. It begins with a comma, and is
     * empty for devices that cuBLASLt does not run on.
     */
    static String description(String device) {
        if (!isCuda(device)) {
            return "";
        }
        return CublasLt.find()
                .map(library -> isLibraryAllowed()
                        ? ", products by cuBLASLt " + library.version()
                        : ", products by kernels, as " + PROPERTY + " says")
                .orElse(", products by kernels, as " + CublasLt.missing());
    }

    /** Returns whether a device is one of TornadoVM's CUDA backend. */
    static boolean isCuda(String device) {
        return device.startsWith(CUDA);
    }
}
