package detangle.backend.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Cross-correlation along the sequence, one element of the result a thread. */
final class ConvolutionKernel {
    private ConvolutionKernel() {}

    /**
     * x {@code [B,S,C]}, weight {@code [O,C/groups,K]}, out {@code [B,L,O]}. From {@code own[0]}, sizes are: the number
     * of results, S, C, L, O, K, C/groups, O/groups, and the padding.
     */
    static void convolution(
            KernelContext context, IntArray sizes, IntArray own, FloatArray x, FloatArray weight, FloatArray out) {
        int base = own.get(0);
        int thread = context.globalIdx;
        if (thread < sizes.get(base)) {
            int length = sizes.get(base + 1);
            int channels = sizes.get(base + 2);
            int outLength = sizes.get(base + 3);
            int outChannels = sizes.get(base + 4);
            int taps = sizes.get(base + 5);
            int perGroup = sizes.get(base + 6);
            int channel = thread % outChannels;
            int place = thread / outChannels % outLength;
            int batch = thread / outChannels / outLength;
            int first = channel / sizes.get(base + 7) * perGroup;
            float sum = 0f;
            for (int tap = 0; tap < taps; tap++) {
                int at = place + tap - sizes.get(base + 8);
                if (at >= 0 && at < length) {
                    for (int c = 0; c < perGroup; c++) {
                        sum += x.get((batch * length + at) * channels + first + c)
                                * weight.get((channel * perGroup + c) * taps + tap);
                    }
                }
            }
            out.set(thread, sum);
        }
    }
}
