package detangle.ir;

/** Element type and shape of a value. The text form is {@code f32[B,S,768]}. */
public record TensorType(DType dtype, Shape shape) {
    public static TensorType of(DType dtype, Dim... dims) {
        return new TensorType(dtype, Shape.of(dims));
    }

    public static TensorType of(DType dtype, long... sizes) {
        return new TensorType(dtype, Shape.of(sizes));
    }

    public int rank() {
        return shape.rank();
    }

    public Dim dim(int axis) {
        return shape.dim(axis);
    }

    public TensorType withShape(Shape newShape) {
        return new TensorType(dtype, newShape);
    }

    public TensorType withDType(DType newDType) {
        return new TensorType(newDType, shape);
    }

    @Override
    public String toString() {
        return dtype.text() + shape;
    }
}
