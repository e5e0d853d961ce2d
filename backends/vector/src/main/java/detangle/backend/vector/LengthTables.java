package detangle.backend.vector;

import detangle.backend.vector.CutAnalysis.Cut;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Values that follow from sizes alone and are cuts of tables that are the same at all sizes, as {@link CutAnalysis}
 * proves. Of each table the longest part that a run has needed is kept, and a run reads its own part where it stands. A
 * longer part is evaluated by whoever needs it, while others go on with what there is: for the next power of two of
 * each size, so that growing lengths seldom want another.
 */
final class LengthTables {
    /** The least size that tables are evaluated for. */
    private static final long LEAST = 64;

    /** Bytes that a table may take beyond what is needed now. */
    private static final long MOST_AHEAD = 1L << 20;

    private final Map<String, Tensor> data;
    private final SizeTable sizes;
    private final Table[] tables;
    private final AtomicReference<Part[]> parts;

    /** A table, and where in the {@link SizeTable} it says which part of it a run reads. */
    private record Table(Node node, FrameValue value, Cut cut, int first, int elements) {}

    /** The elements of a table from {@code first} on. */
    private record Part(Object array, long first, long elements) {
        static final Part NONE = new Part(null, 0, -1);

        boolean covers(long from, long count) {
            // A number below 0 is nowhere, so that the interpreter is asked, which refuses it.
            return count >= 0 && from >= first && from + count <= first + elements;
        }
    }

    /** @param data the stored data of the program's constants */
    LengthTables(Map<Node, Cut> cuts, Map<Node, FrameValue> values, Map<String, Tensor> data, SizeTable sizes) {
        this.data = data;
        this.sizes = sizes;
        this.tables = cuts.entrySet().stream()
                .map(e -> new Table(
                        e.getKey(),
                        values.get(e.getKey()),
                        e.getValue(),
                        sizes.slot(e.getValue().first()),
                        sizes.slot(e.getValue().elements())))
                .toArray(Table[]::new);
        Part[] none = new Part[tables.length];
        Arrays.fill(none, Part.NONE);
        this.parts = new AtomicReference<>(none);
    }

    /**
     * Points the values of a run at their parts.
     *
     * @throws SizeException or {@link InterpreterException} if a table has no values at these sizes
     */
    void place(Frame frame) {
        Part[] kept = parts.get();
        for (int i = 0; i < tables.length; i++) {
            if (!covers(kept[i], tables[i], frame.sizes())) {
                kept = grow(frame.sizes(), frame.bindings());
                break;
            }
        }
        for (int i = 0; i < tables.length; i++) {
            long from = frame.sizes()[tables[i].first] - kept[i].first;
            frame.place(tables[i].value, kept[i].array, Math.toIntExact(from));
        }
    }

    private static boolean covers(Part part, Table table, long[] sizes) {
        return part.covers(sizes[table.first], sizes[table.elements]);
    }

    /** Returns parts for these sizes, which others may read from now on. */
    private Part[] grow(long[] needed, Map<String, Long> bindings) {
        Part[] grown = parts.get().clone();
        if (isSmall(needed, ahead(bindings))) {
            try {
                evaluate(grown, needed, ahead(bindings));
            } catch (SizeException | InterpreterException e) {
                // The table ends before that, as that of positions does.
            }
        }
        evaluate(grown, needed, bindings);
        parts.accumulateAndGet(grown, LengthTables::longer);
        return grown;
    }

    private static Map<String, Long> ahead(Map<String, Long> bindings) {
        Map<String, Long> ahead = new LinkedHashMap<>();
        bindings.forEach((symbol, size) ->
                ahead.put(symbol, Math.max(LEAST, Long.highestOneBit(Math.max(1, 2 * size - 1)))));
        return ahead;
    }

    private boolean isSmall(long[] needed, Map<String, Long> bindings) {
        double more = 0;
        for (Table table : tables) {
            double elements = table.cut.elements().estimate(bindings::get) - needed[table.elements];
            more += Math.max(0, elements) * table.value.dtype().bytes();
        }
        return more <= MOST_AHEAD;
    }

    /** Replaces the parts that do not cover what is needed by those for some sizes, where these do. */
    private void evaluate(Part[] kept, long[] needed, Map<String, Long> bindings) {
        List<Node> roots = new ArrayList<>();
        for (int i = 0; i < tables.length; i++) {
            if (!covers(kept[i], tables[i], needed)) {
                roots.add(tables[i].node);
            }
        }
        if (roots.isEmpty()) {
            return;
        }
        Map<Node, Tensor> values = new Interpreter(Precision.F64).evaluate(roots, bindings, data);
        for (int i = 0; i < tables.length; i++) {
            Tensor tensor = values.get(tables[i].node);
            if (tensor != null) {
                long first = tables[i].cut.first().evaluate(bindings);
                Part part = new Part(Memory.copy(rounded(tensor, tables[i].value.dtype())), first, tensor.elements());
                if (covers(part, tables[i], needed)) {
                    kept[i] = part;
                }
            }
        }
    }

    static Tensor rounded(Tensor tensor, DType dtype) {
        return tensor.dtype() == dtype ? tensor : Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape());
    }

    /** Takes the longer part of each table from two evaluations that ended at the same time. */
    private static Part[] longer(Part[] a, Part[] b) {
        Part[] longer = a.clone();
        for (int i = 0; i < longer.length; i++) {
            if (b[i].elements > longer[i].elements) {
                longer[i] = b[i];
            }
        }
        return longer;
    }
}
