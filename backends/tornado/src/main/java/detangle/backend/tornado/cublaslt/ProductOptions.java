package detangle.backend.tornado.cublaslt;

/**
 * Options of a product.
 *
 * @param precision the precision of its operands
 * @param bias whether a vector is added to each row of the result
 */
public record ProductOptions(ProductPrecision precision, boolean bias) {}
