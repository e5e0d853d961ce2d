package detangle.train.lora;

/** The names of an adapter's parameters, which are PEFT's without what it puts in front of all of them. */
final class LoraNames {
    private LoraNames() {}

    /** {@code [rank,in]}. */
    static String a(String module) {
        return module + ".lora_A.weight";
    }

    /** {@code [out,rank]}. */
    static String b(String module) {
        return module + ".lora_B.weight";
    }

    /** {@code [out]}. */
    static String magnitude(String module) {
        return module + ".lora_magnitude_vector";
    }
}
