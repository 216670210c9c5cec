/* Pools subsets of trials by REML with a Hartung-Knapp SE, on one thread: what a processor can do.

   Reads B and k, then y, v (k doubles each) and B * k bytes of masks; writes the best of ten times in
   milliseconds of processor time and the sum of all estimates and SEs, by which the result is checked.
   Newton's steps on the ratio of the two sides of the equation, from the DL moment, to a step of 1e-9
   (the next is below rounding); of several peaks it finds any. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double pool(const double *y, const double *v, int k, double *se)
{
    double tau2 = 0, mean = 0, s1 = 0, q = 0;
    for (int step = 0; step < 100; step++) {
        double s2 = 0, s3 = 0, wy = 0, ypp = 0, up = 0, turn = 0, w[64];
        s1 = 0;
        q = 0;
        for (int i = 0; i < k; i++) {
            double square = (w[i] = 1 / (v[i] + tau2)) * w[i];
            s1 += w[i];
            s2 += square;
            s3 += square * w[i];
            wy += w[i] * y[i];
        }
        mean = wy / s1;
        for (int i = 0; i < k; i++) {
            double gap = y[i] - mean, r = w[i] * gap;
            q += r * gap;
            ypp += r * r;
            up += w[i] * r * r;
            turn += w[i] * r;
        }
        if (k < 2)
            break;
        double trace = s1 - s2 / s1, fall = s2 - 2 * s3 / s1 + s2 * s2 / (s1 * s1), next;
        if (step == 0)
            next = (q - (k - 1)) / trace;
        else
            next = tau2 + (ypp - trace) * ypp / (2 * trace * (up - turn * turn / s1) - fall * ypp);
        next = next > 0 ? next : 0;
        double moved = fabs(next - tau2);
        tau2 = next;
        if (step && moved <= 1e-9 * tau2 + 1e-16 * v[0])
            break;
    }
    *se = k > 1 ? sqrt(q / (k - 1) / s1) : 1 / sqrt(s1);
    return mean;
}

int main(void)
{
    int size[2];
    if (fread(size, sizeof(int), 2, stdin) != 2 || size[1] > 64)
        return 1;
    int count = size[0], k = size[1];
    double *y = malloc(2 * k * sizeof(double)), *v = y + k, best = 1e99, sum = 0;
    unsigned char *mask = malloc((size_t)count * k);
    if (fread(y, sizeof(double), 2 * k, stdin) != 2 * (size_t)k
        || fread(mask, 1, (size_t)count * k, stdin) != (size_t)count * k)
        return 1;
    for (int again = 0; again < 10; again++) {
        struct timespec began, ended;
        sum = 0;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
        for (int row = 0; row < count; row++) {
            double ys[64], vs[64], se;
            int n = 0;
            for (int i = 0; i < k; i++)
                if (mask[(size_t)row * k + i]) {
                    ys[n] = y[i];
                    vs[n++] = v[i];
                }
            sum += pool(ys, vs, n, &se);
            sum += se;
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
        double spent = 1e3 * (ended.tv_sec - began.tv_sec) + 1e-6 * (ended.tv_nsec - began.tv_nsec);
        best = spent < best ? spent : best;
    }
    printf("%.6f %.17g\n", best, sum);
    return 0;
}
