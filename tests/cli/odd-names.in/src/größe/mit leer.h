int size(void);
