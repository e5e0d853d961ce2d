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
     * The system property that excludes ways to compute attention: {@code products} excludes the kernel in PTX, and
     * {@code kernel} all but {@link AttentionKernel}. Unset, each attention is computed in the first way that covers
     * it, see {@link AttentionMethods}.
     */
    static final String ATTENTION = "detangle.tornado.attention";

    private static final String KERNELS = "java";
    private static final String BY_PRODUCTS = "products";
    private static final String BY_JAVA_KERNEL = "kernel";
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
     * @param hasMatrixUnits whether the device has those that one kernel for attention uses
     * @throws BackendException if the property names no choice, or one that the device does not have
     */
    static AttentionMethods attention(Optional<ComputePrecision> library, boolean hasMatrixUnits) {
        AttentionMethods all = new AttentionMethods(library.isPresent() && hasMatrixUnits, library.isPresent());
        String asked = System.getProperty(ATTENTION, "");
        return switch (asked) {
            case "" -> all;
            case BY_JAVA_KERNEL -> AttentionMethods.KERNEL;
            case BY_PRODUCTS -> {
                if (!all.products()) {
                    throw new BackendException(ATTENTION + "=" + asked + " needs products by cuBLASLt");
                }
                yield new AttentionMethods(false, true);
            }
            default ->
                throw new BackendException(
                        ATTENTION + "=" + asked + " is not one of " + BY_PRODUCTS + ", " + BY_JAVA_KERNEL);
        };
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
