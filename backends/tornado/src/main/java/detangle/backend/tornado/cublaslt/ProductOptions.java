package detangle.backend.tornado.cublaslt;

/**
 * What a product has beside its matrices.
 *
 * @param bias whether a vector is added to each row of the result
 */
public record ProductOptions(ProductPrecision precision, boolean bias) {}
