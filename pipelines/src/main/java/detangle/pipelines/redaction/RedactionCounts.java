package detangle.pipelines.redaction;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts the replaced parts of texts. */
public final class RedactionCounts {
    private final SortedMap<String, Integer> byLabel = new TreeMap<>();
    private int texts;
    private int changed;
    private int parts;

    /** Makes counts of 0. */
    public RedactionCounts() {}

    /** Counts a text. */
    public void add(Redaction redaction) {
        texts++;
        changed += redaction.parts().isEmpty() ? 0 : 1;
        parts += redaction.parts().size();
        redaction.parts().forEach(part -> byLabel.merge(part.label(), 1, Integer::sum));
    }

    /** Returns the number of texts. */
    public int texts() {
        return texts;
    }

    /** Returns the number of texts in which a part was replaced. */
    public int changed() {
        return changed;
    }

    /** Returns the number of replaced parts. */
    public int parts() {
        return parts;
    }

    /** Returns the number of replaced parts of each kind; kinds without a part are absent. */
    public SortedMap<String, Integer> byLabel() {
        return Collections.unmodifiableSortedMap(byLabel);
    }
}
