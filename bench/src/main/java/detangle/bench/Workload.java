package detangle.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** A batch of sequences, padded to the longest. */
public record Workload(List<Integer> lengths) {
    public Workload {
        lengths = List.copyOf(lengths);
        if (lengths.isEmpty() || lengths.stream().anyMatch(n -> n < 1)) {
            throw new BenchException("sequences have at least one token each, not " + lengths);
        }
    }

    static Workload of(int batch, int length) {
        return new Workload(Collections.nCopies(batch, length));
    }

    /** Returns a batch written as {@code BATCHxLENGTH}. */
    public static Workload shape(String text) {
        String[] sizes = text.trim().split("x", -1);
        try {
            int batch = Integer.parseInt(sizes[0]);
            if (sizes.length == 2 && batch > 0) {
                return of(batch, Integer.parseInt(sizes[1]));
            }
        } catch (NumberFormatException e) {
            throw new BenchException("'" + text + "' is not a shape: write 8x128 for 8 sequences of 128 tokens", e);
        }
        throw new BenchException("'" + text + "' is not a shape: write 8x128 for 8 sequences of 128 tokens");
    }

    static Workload mix(String text) {
        try {
            return new Workload(Arrays.stream(text.split(","))
                    .map(String::trim)
                    .map(Integer::valueOf)
                    .toList());
        } catch (NumberFormatException e) {
            throw new BenchException("'" + text + "' is not a list of lengths: write 12,37,64", e);
        }
    }

    int batch() {
        return lengths.size();
    }

    int longest() {
        return Collections.max(lengths);
    }

    int tokens() {
        return lengths.stream().mapToInt(n -> n).sum();
    }

    /** Returns whether lengths differ. */
    boolean isMix() {
        return lengths.stream().distinct().count() > 1;
    }

    /** Returns the same sequences, a batch each. */
    List<List<Integer>> each() {
        return lengths.stream().map(List::of).toList();
    }

    String lengthList() {
        return lengths.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
