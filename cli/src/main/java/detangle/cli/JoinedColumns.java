package detangle.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The columns beside a result that tell which row of the source it is of.
 *
 * @param rowNumber whether that is the row's number
 * @param all whether that is every column that the command does not use
 * @param id a column beside or instead of all
 * @param used columns that the command uses, whose texts it writes itself
 * @param own names that the command's results have; a column of the same name is written as {@code input_NAME}
 */
record JoinedColumns(boolean rowNumber, boolean all, Optional<String> id, List<String> used, List<String> own) {
    private static final String NUMBER = "row";

    SequencedMap<String, Object> of(SourceRow row) {
        SequencedMap<String, Object> joined = new LinkedHashMap<>();
        if (rowNumber) {
            joined.put(NUMBER, row.number());
        }
        id.ifPresent(name -> joined.put(free(name, joined), row.columns().get(name)));
        if (all) {
            row.columns().forEach((name, value) -> {
                if (!used.contains(name) && !id.filter(name::equals).isPresent()) {
                    joined.put(free(name, joined), value);
                }
            });
        }
        return joined;
    }

    private String free(String name, SequencedMap<String, Object> taken) {
        List<String> names = new ArrayList<>(own);
        names.addAll(taken.keySet());
        String free = name;
        while (names.contains(free) || rowNumber && free.equals(NUMBER)) {
            free = "input_" + free;
        }
        return free;
    }
}
