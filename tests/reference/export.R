# Pool each analysis that is named from the file effects.csv of an export, as its README.txt advises.
paths <- commandArgs(TRUE)
effects <- read.csv(paths[1])
for (id in paths[-1]) {
  used <- subset(effects, analysis_id == id & alternative %in% c("", NA))
  fit <- metafor::rma(yi, vi, data = used, slab = label, method = "REML", test = "adhoc",
                      control = list(threshold = 1e-10, maxiter = 1000))
  cat(sprintf("%.10f %.10f %.10f %.10f\n", fit$beta[1], fit$ci.lb, fit$ci.ub, fit$tau2))
}
