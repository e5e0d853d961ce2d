package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.tornado.cublaslt.CublasLt;
import java.util.Optional;

/**
 * Chooses what computes the products of matrices on a device: {@link ProductKernel}, or cuBLASLt on a device of
 * TornadoVM's CUDA backend.
 */
final class Products {
    /** The system property that keeps products from the library: {@code java}. Unset, the library is used where it is. */
    static final String PROPERTY = "detangle.tornado.products";

    /**
     * The system property that chooses how attention is computed where cuBLASLt is found: {@code products}, which is
     * the default, or {@code kernel} for {@link AttentionKernel}.
     */
    static final String ATTENTION = "detangle.tornado.attention";

    private static final String KERNELS = "java";
    private static final String IN_PRODUCTS = "products";
    private static final String IN_ONE_KERNEL = "kernel";

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
     * Returns whether attention keeps all its scores in memory, so that cuBLASLt can compute its products.
     *
     * @param library what {@link #of} has returned
     * @throws BackendException if the property names no choice, or asks for products where kernels compute them
     */
    static boolean keepScores(Optional<ComputePrecision> library) {
        String asked = System.getProperty(ATTENTION, "");
        switch (asked) {
            case "" -> {
                return library.isPresent();
            }
            case IN_ONE_KERNEL -> {
                return false;
            }
            case IN_PRODUCTS -> {
                if (library.isEmpty()) {
                    throw new BackendException(ATTENTION + "=" + asked + " needs products by cuBLASLt");
                }
                return true;
            }
            default ->
                throw new BackendException(
                        ATTENTION + "=" + asked + " is not one of " + IN_PRODUCTS + ", " + IN_ONE_KERNEL);
        }
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
        return device.startsWith("cuda:");
    }
}
