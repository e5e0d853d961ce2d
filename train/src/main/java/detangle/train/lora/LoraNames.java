package detangle.train.lora;

/** The names of an adapter's parameters, which are PEFT's without what it puts in front of all of them. */
final class LoraNames {
    private LoraNames() {}

    /** Returns the name of A, {@code [rank,in]}. */
    static String a(String module) {
        return module + ".lora_A.weight";
    }

    /** Returns the name of B, {@code [out,rank]}. */
    static String b(String module) {
        return module + ".lora_B.weight";
    }

    /** Returns the name of DoRA's magnitudes, {@code [out]}. */
    static String magnitude(String module) {
        return module + ".lora_magnitude_vector";
    }
}
