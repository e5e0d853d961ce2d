package detangle.ir;

/**
 * The labelled constraints of the IR. A label stands here, in docs/IR.md beside its operation, in error messages and in
 * the test that breaks it.
 */
public enum Constraint {
    ARITY("arity", "the operation has that many operands"),
    INPUT_C1("input_c1", "inputs are listed by the program, once each, with different names"),
    PARAM_C1("param_c1", "parameters of one name have one type"),
    CONSTANT_C1("constant_c1", "a dense constant has a static shape with as many elements as values"),
    CONSTANT_C2(
            "constant_c2", "the element type holds the numbers: whole ones in its range for integers, 0 and 1 for i1"),
    IOTA_C1("iota_c1", "the element type is an integer type"),
    IOTA_C2("iota_c2", "the axis exists"),
    UNARY_C1("unary_c1", "the function takes that element type"),
    BINARY_C1("binary_c1", "both operands have one element type, and the function takes it"),
    BINARY_C2("binary_c2", "the shapes broadcast"),
    COMPARE_C1("compare_c1", "both operands have one element type"),
    COMPARE_C2("compare_c2", "the shapes broadcast"),
    SELECT_C1("select_c1", "the condition is i1"),
    SELECT_C2("select_c2", "both choices have one element type"),
    SELECT_C3("select_c3", "the shapes broadcast"),
    REDUCE_C1("reduce_c1", "the axis exists"),
    REDUCE_C2("reduce_c2", "the operand is a float or integer tensor"),
    DOT_C1("dot_c1", "both operands have rank 2 or more and one float type"),
    DOT_C2("dot_c2", "contracted dims equal"),
    DOT_C3("dot_c3", "the batch axes broadcast"),
    RESHAPE_C1("reshape_c1", "the number of elements stays"),
    TRANSPOSE_C1("transpose_c1", "the permutation names every axis once"),
    BROADCAST_C1("broadcast_c1", "the operand broadcasts to the shape"),
    SLICE_C1("slice_c1", "the axis exists"),
    SLICE_C2("slice_c2", "0 <= start <= limit <= extent, where they are static"),
    CONCAT_C1("concat_c1", "the axis exists and there is an operand"),
    CONCAT_C2("concat_c2", "operands agree in type and in every other axis"),
    PAD_C1("pad_c1", "the axis exists"),
    PAD_C2("pad_c2", "before and after are not negative, where they are static"),
    GATHER_C1("gather_c1", "the table has rank 1 or more"),
    GATHER_C2("gather_c2", "ids are i32 or i64"),
    SCATTER_ADD_C1("scatter_add_c1", "ids are i32 or i64"),
    SCATTER_ADD_C2(
            "scatter_add_c2",
            "updates have the operand's type, of floats or integers, and the shape of the ids, then of a row"),
    GATHER_LAST_C1("gather_last_c1", "the index is i32 or i64"),
    GATHER_LAST_C2("gather_last_c2", "the index has rank 1 or more and broadcasts to the data's axes but the last"),
    SCATTER_ADD_LAST_C1("scatter_add_last_c1", "the index is i32 or i64"),
    SCATTER_ADD_LAST_C2(
            "scatter_add_last_c2",
            "updates have the type, of floats or integers, and the shape of the gather they transpose"),
    TOEPLITZ_C1("toeplitz_c1", "the table has rank 1 and rows + columns - 1 elements"),
    CONV1D_C1("conv1d_c1", "x has rank 3, the weight rank 3, both one float type"),
    CONV1D_C2("conv1d_c2", "groups divides channels in and out, and the weight has C/groups channels"),
    CONV1D_C3("conv1d_c3", "the padding is not negative, and the kernel is static"),
    AFTER_C1("after_c1", "there are two operands or more"),
    RANDOM_UNIFORM_C1("random_uniform_c1", "the seed is i64[] and the result a float type"),
    ELEMENTWISE_C1("elementwise_c1", "the region's arguments have the operands' element types"),
    ELEMENTWISE_C2("elementwise_c2", "the shapes broadcast"),
    ELEMENTWISE_C3("elementwise_c3", "the region is well typed"),
    ELEMENTWISE_C4("elementwise_c4", "the seed of a random number is i64[]"),
    LINEAR_C1("linear_c1", "x has rank 1 or more and a float type, the weight rank 2 and a float type"),
    LINEAR_C2("linear_c2", "the last dim of x and of the weight are equal"),
    LINEAR_C3("linear_c3", "the bias has a float type and the shape [N]"),
    LAYER_NORM_C1("layer_norm_c1", "x is of a float type and rank 1 or more"),
    LAYER_NORM_C2("layer_norm_c2", "the residual has the type of x"),
    LAYER_NORM_C3("layer_norm_c3", "gamma and beta have a float type and the shape of the last axis"),
    LAYER_NORM_GRAD_C1("layer_norm_grad_c1", "x is f32 or f64 of rank 1 or more"),
    LAYER_NORM_GRAD_C2("layer_norm_grad_c2", "the residual and dy have the type of x"),
    LAYER_NORM_GRAD_C3("layer_norm_grad_c3", "gamma has a float type and the shape of the last axis"),
    EMBEDDING_C1("embedding_c1", "ids are i32 or i64, the table is a float tensor of rank 2"),
    EMBEDDING_C2("embedding_c2", "gamma and beta have a float type and the shape of a row"),
    EMBEDDING_C3("embedding_c3", "the mask is i1 and has the shape of the ids, then 1"),
    MASKED_SOFTMAX_C1("masked_softmax_c1", "x is of a float type and rank 1 or more"),
    MASKED_SOFTMAX_C2("masked_softmax_c2", "the mask is i1 and broadcasts to x"),
    SUM_OF_SQUARES_C1("sum_of_squares_c1", "x is f32 or f64"),
    ATTENTION_C1("disentangled_attention_c1", "q is [B,Q,A,d], k and v [B,S,A,d], of one float type"),
    ATTENTION_C2("disentangled_attention_c2", "the mask is i1 and broadcasts to [B,A,Q,S]"),
    ATTENTION_C3("disentangled_attention_c3", "pk and pq have the type of q and one shape [A,P,d]"),
    ATTENTION_C4("disentangled_attention_c4", "the table is i32 [Q+S-1]"),
    PACKED_C1("packed_attention_c1", "q is [Q,A,d], k and v [T,A,d], of one float type"),
    PACKED_C2("packed_attention_c2", "segments are i32 [N+1], positions i32 [Q] and i32 [T]"),
    PACKED_C3("packed_attention_c3", "the position tables have the type of q and one shape [A,P,d]"),
    PACKED_C4("packed_attention_c4", "the table is i32 [2*length-1]"),
    ATTENTION_C5("disentangled_attention_c5", "the rate of dropout is above 0 and below 1, and the seed is i64[]"),
    PACKED_C5("packed_attention_c5", "the rate of dropout is above 0 and below 1, and the seed is i64[]"),
    ATTENTION_GRAD_C1("disentangled_attention_grad_c1", "dout has the type of q"),
    ATTENTION_GRAD_C2("disentangled_attention_grad_c2", "dpk is a result with the term c2p alone, dpq with p2c"),
    PACKED_GRAD_C1("packed_attention_grad_c1", "dout has the type of q"),
    PACKED_GRAD_C2("packed_attention_grad_c2", "dpk is a result with the term c2p alone, dpq with p2c"),
    NODE_TYPE("node_type", "the declared type is the inferred one"),
    OUTPUT_C1("output_c1", "output names differ"),
    UPDATE_C1("update_c1", "what is updated is a parameter"),
    UPDATE_C2("update_c2", "each parameter is updated once at most"),
    UPDATE_C3("update_c3", "the value has the type of the parameter"),
    SIZE_C1("size_c1", "sizes are not negative where they are static, and neither they nor bytes overflow 64 bits"),
    SYMBOL_C1("symbol_c1", "each symbol is the size of an axis of an input"),
    LEVEL_MODEL("level_model", "a model is written in primitives, without kernels and transfers"),
    LEVEL_PASSES("level_passes", "passes take programs that are not placed, without transfers"),
    LEVEL_COMPILED(
            "level_compiled",
            "a backend is given elementwise primitives in regions alone, as fuse-elementwise leaves them, and no transfers"),
    LEVEL_PLACED("level_placed", "a placed program has elementwise primitives in regions alone"),
    LEVEL_EXPORTED(
            "level_exported",
            "an exported program has no parameters, which bind-parameters makes constants of, and no updates, transfers and random numbers"),
    LEVEL_STORED(
            "level_stored",
            "a stored program has elementwise primitives in regions alone, and no parameters, updates and transfers");

    private final String label;
    private final String meaning;

    Constraint(String label, String meaning) {
        this.label = label;
        this.meaning = meaning;
    }

    public String label() {
        return label;
    }

    /** Returns the condition as a sentence. */
    public String meaning() {
        return meaning;
    }
}
