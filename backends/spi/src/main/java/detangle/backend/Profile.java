package detangle.backend;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up how long operations took. One thread at a time. */
public final class Profile {
    /** The key of the times that are added up. */
    private record Key(String device, String operation) {}

    /**
     * The time that an operation took in all.
     *
     * @param device that ran it, by name
     * @param operation as the IR writes it, or {@code transfer} between host and device
     * @param calls how often it ran
     */
    public record Entry(String device, String operation, long calls, long nanos) {}

    private final Map<Key, Entry> entries = new LinkedHashMap<>();

    /** Makes a profile without entries. */
    public Profile() {}

    /** Adds one call. */
    public void add(String device, String operation, long nanos) {
        entries.merge(
                new Key(device, operation),
                new Entry(device, operation, 1, nanos),
                (a, b) -> new Entry(device, operation, a.calls + b.calls, a.nanos + b.nanos));
    }

    /** Returns all of them, what took longest first. */
    public List<Entry> entries() {
        return entries.values().stream()
                .sorted(Comparator.comparingLong(Entry::nanos).reversed())
                .toList();
    }
}
