package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.ProductPrecision;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Chooses what computes the products of matrices on a device: {@link ProductKernel}, or cuBLASLt on a device of
 * TornadoVM's CUDA backend.
 */
final class Products {
    /**
     * The system property that chooses: {@code java} for kernels, or the name of a {@link ProductPrecision} in lower
     * case. Unset, cuBLASLt multiplies in {@code fp32} where it is found.
     */
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
     * @throws BackendException if the property names no choice, or asks for cuBLASLt on another kind of device or where
     *     the library is not found
     */
    static Optional<ProductPrecision> of(String device) {
        String asked = System.getProperty(PROPERTY, "");
        if (asked.equals(KERNELS)
                || asked.isEmpty() && (!isCuda(device) || CublasLt.find().isEmpty())) {
            return Optional.empty();
        }
        ProductPrecision precision = Arrays.stream(ProductPrecision.values())
                .filter(p -> asked.isEmpty() ? p == ProductPrecision.FP32 : text(p).equals(asked))
                .findFirst()
                .orElseThrow(() -> new BackendException(PROPERTY + "=" + asked + " is not one of " + KERNELS + ", "
                        + Arrays.stream(ProductPrecision.values())
                                .map(Products::text)
                                .collect(Collectors.joining(", "))));
        if (!isCuda(device)) {
            throw new BackendException(PROPERTY + "=" + asked + " needs a device of TornadoVM's CUDA backend, and "
                    + device + " is not one");
        }
        if (CublasLt.find().isEmpty()) {
            throw new BackendException(PROPERTY + "=" + asked + " needs cuBLASLt: " + CublasLt.missing());
        }
        return Optional.of(precision);
    }

    /**
     * Returns whether attention keeps all its scores in memory, so that cuBLASLt can compute its products.
     *
     * @param library what {@link #of} has returned
     * @throws BackendException if the property names no choice, or asks for products where kernels compute them
     */
    static boolean keepScores(Optional<ProductPrecision> library) {
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
                .map(library -> of(device)
                        .map(p -> ", products by cuBLASLt " + library.version() + " in " + text(p))
                        .orElse(", products by kernels, as " + PROPERTY + " says"))
                .orElse(", products by kernels, as " + CublasLt.missing());
    }

    private static boolean isCuda(String device) {
        return device.startsWith("cuda:");
    }

    private static String text(ProductPrecision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }
}
