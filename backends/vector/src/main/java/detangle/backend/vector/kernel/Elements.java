package detangle.backend.vector.kernel;

/** Elements of an array from an offset on. */
public record Elements(float[] array, int offset) {}
