package detangle.models.weights;

import detangle.ir.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The checked header of a safetensors file: {@code u64 n (little-endian), n bytes of JSON, data}. {@link HeaderReader}
 * reads it.
 *
 * @param entries sorted by place in the data
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    static final String METADATA = "__metadata__";

    /**
     * A tensor's type, sizes and byte range, relative to the start of the data.
     *
     * @param type the file's word, which may be one that no parameter can have
     */
    record Entry(String name, String type, long[] shape, long begin, long end) {
        /** Returns the type in the IR, which has not all of them. */
        Optional<DType> dtype() {
            return StoredType.of(type).map(StoredType::dtype);
        }
    }
}
