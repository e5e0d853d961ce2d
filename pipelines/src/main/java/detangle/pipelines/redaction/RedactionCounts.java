package detangle.pipelines.redaction;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what was replaced in texts. */
public final class RedactionCounts {
    private final SortedMap<String, Integer> byLabel = new TreeMap<>();
    private int texts;
    private int changed;
    private int parts;

    /** Begins with nothing. */
    public RedactionCounts() {}

    /** Counts a text. */
    public void add(Redaction redaction) {
        texts++;
        changed += redaction.parts().isEmpty() ? 0 : 1;
        parts += redaction.parts().size();
        redaction.parts().forEach(part -> byLabel.merge(part.label(), 1, Integer::sum));
    }

    /** Returns how many texts there were. */
    public int texts() {
        return texts;
    }

    /** Returns how many of them something was replaced in. */
    public int changed() {
        return changed;
    }

    /** Returns how many parts were replaced. */
    public int parts() {
        return parts;
    }

    /** Returns how many parts of each kind were replaced; kinds of which nothing was found are not there. */
    public SortedMap<String, Integer> byLabel() {
        return Collections.unmodifiableSortedMap(byLabel);
    }
}
