package detangle.train.optimizer;

/**
 * A factor of the loss, so that small gradients are not lost in 16 bits. It grows while gradients are finite and falls
 * when they are not. Scalers are immutable: {@link #after} returns the next one.
 */
public sealed interface LossScaler {
    /** Returns the factor, by which gradients are divided afterwards. */
    double scale();

    /**
     * Returns the scaler after an attempt.
     *
     * @param finite whether the norm of the gradients was a finite number
     */
    LossScaler after(boolean finite);

    /**
     * microsoft's ExpLossScaler (DeBERTa/optims/fp16_optimizer.py). A batch whose gradients are not finite is computed
     * again with the smaller factor.
     *
     * @param interval the number of finite attempts since the last change beyond which the factor is doubled
     * @param attempts the number of attempts so far
     * @param changed the attempt at which the factor changed last
     */
    record Microsoft(double scale, long interval, long attempts, long changed) implements LossScaler {
        /** Returns the state before the first attempt. */
        public static Microsoft begin(double scale, long interval) {
            return new Microsoft(scale, interval, 0, 0);
        }

        @Override
        public Microsoft after(boolean finite) {
            if (!finite) {
                return new Microsoft(Math.max(scale / 2, 1), interval, attempts + 1, attempts);
            }
            return attempts - changed > interval
                    ? new Microsoft(scale * 2, interval, attempts + 1, attempts)
                    : new Microsoft(scale, interval, attempts + 1, changed);
        }
    }

    /**
     * PyTorch's GradScaler. An update whose gradients are not finite is left out.
     *
     * @param interval the number of finite attempts in a row after which the factor is doubled
     * @param finiteAttempts the number of finite attempts since the factor changed
     */
    record Torch(double scale, long interval, long finiteAttempts) implements LossScaler {
        /** The scaler that HuggingFace's Trainer begins with for 16 bits. */
        public static final Torch DEFAULT = new Torch(65_536, 2000, 0);

        @Override
        public Torch after(boolean finite) {
            if (!finite) {
                return new Torch(scale / 2, interval, 0);
            }
            return finiteAttempts + 1 == interval
                    ? new Torch(scale * 2, interval, 0)
                    : new Torch(scale, interval, finiteAttempts + 1);
        }
    }
}
